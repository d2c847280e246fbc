"""Which views of a clip are scored as those with a reference."""

from __future__ import annotations

import numpy as np

from train.corpora.records import Record
from train.evaluation.views import reference_choices
from train.method.training_examples import Labelled, View


def clip(n_references: int) -> Labelled:
    record = Record("a", (), "words", (), "s", "test", "mine")
    views = (View(), *(View(relative=True) for _ in range(n_references)))
    return Labelled(record, np.zeros(2, dtype=int), views, words_carry_no_label=True)


def test_a_clip_that_has_no_reference_is_heard_alone_and_the_others_beside_theirs() -> None:
    lonely, one, three = clip(0), clip(1), clip(3)
    choices = reference_choices([lonely, one, three])
    assert [[choice(item) for choice in choices] for item in (lonely, one, three)] == [
        [lonely.views[0]] * 3,
        [one.views[1]] * 3,
        list(three.views[1:]),
    ]


def test_where_no_clip_has_a_reference_there_is_nothing_to_choose() -> None:
    assert reference_choices([clip(0), clip(0)]) == []
    assert reference_choices([]) == []
