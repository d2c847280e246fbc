"""How many tokens: the order of the path in a clip, and what is said where something is missing."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from audiotok.analysis.lasso_path import (
    lasso_path,
    lasso_path_csv,
    lasso_path_record,
    path_sentence,
    sizes_sentence,
)
from audiotok.errors import AudiotokError
from audiotok.plots.lasso_path import lasso_path_figure
from audiotok.plots.sizes import sizes_figure
from audiotok.size_scores import SizeCurves, SizeScore
from tests.fake_classifier import OLDER_BUNDLE, make_prediction, telling_bundle

PREDICTION = make_prediction()
TELLING = telling_bundle("emotion")
OLDER = SimpleNamespace(**OLDER_BUNDLE)


def test_a_smaller_selection_keeps_what_entered_the_path_first() -> None:
    found = lasso_path(TELLING, PREDICTION)
    places = found.places()
    assert sorted(places) == list(range(1, 61))
    assert places[59] == 1  # the last of the vocabulary has rank 1
    for n in (1, 20, 60):
        kept = [each for each in PREDICTION.selected if places[each.index] <= n]
        assert found.n_kept[n - 1] == len(kept)
    half = int(path_sentence(found).split(" tokens", 1)[0].removeprefix("The "))
    assert found.n_kept[half - 1] >= found.n_all / 2 > found.n_kept[half - 2]


def test_tokens_that_are_on_no_step_of_the_path_come_last() -> None:
    tokens = TELLING.profiles.tokens
    without = tokens[59].model_copy(update={"rank": None, "entry_c": None})
    profiles = TELLING.profiles.model_copy(update={"tokens": (*tokens[:59], without)})
    found = lasso_path(SimpleNamespace(profiles=profiles, sizes=None), PREDICTION)
    assert found.order[-1] == 59
    assert lasso_path_record(found)["path"][-1]["entry_c"] is None


def test_ranks_that_are_odd_still_make_a_path() -> None:
    same = tuple(each.model_copy(update={"rank": 7}) for each in TELLING.profiles.tokens)
    profiles = TELLING.profiles.model_copy(update={"tokens": same})
    found = lasso_path(SimpleNamespace(profiles=profiles, sizes=None), PREDICTION)
    assert list(found.order) == list(range(60))


def test_a_clip_without_selected_tokens_has_a_path_of_nothing() -> None:
    found = lasso_path(TELLING, replace(PREDICTION, selected=()))
    assert path_sentence(found) == "None of the 60 selected tokens sounds in this clip."
    assert not found.n_kept.any()
    assert len(lasso_path_figure(found).axes) == 2


def test_what_a_bundle_does_not_know_is_one_sentence_and_the_rest_is_there() -> None:
    with pytest.raises(AudiotokError, match="in which order the lasso took its tokens"):
        lasso_path(OLDER, PREDICTION)
    only_sizes = lasso_path(SimpleNamespace(profiles=None, sizes=TELLING.sizes), PREDICTION)
    record = lasso_path_record(only_sizes)
    assert record["path"] is None
    assert "in which order" in record["sentence"]
    assert (
        "reaches a macro-F1" in record["sizes_sentence"]
        or "does best" in (record["sizes_sentence"])
    )
    with pytest.raises(AudiotokError, match="in which order"):
        lasso_path_csv(only_sizes)
    assert len(lasso_path_figure(only_sizes).axes) == 1
    only_path = lasso_path(SimpleNamespace(profiles=TELLING.profiles, sizes=None), PREDICTION)
    assert "was not measured" in lasso_path_record(only_path)["sizes_sentence"]
    assert len(lasso_path_figure(only_path).axes) == 1


def test_the_table_has_a_row_a_token_in_the_order_of_the_path() -> None:
    rows = list(csv.DictReader(io.StringIO(lasso_path_csv(lasso_path(TELLING, PREDICTION)))))
    assert [int(row["rank"]) for row in rows] == list(range(1, 61))
    assert int(rows[-1]["n_kept"]) == len(PREDICTION.selected)
    assert rows[0]["token"] == PREDICTION.vocabulary.strings[59]


def curve(*scores: tuple[int, float]) -> tuple[SizeScore, ...]:
    return tuple(SizeScore(n_tokens=n, macro_f1={"a": f1, "b": f1 + 0.1}) for n, f1 in scores)


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        (
            SizeCurves(language_model=curve((5, 0.1), (20, 0.39), (40, 0.4), (80, 0.38))),
            "the language model reaches a macro-F1 of 0.44 with 20 tokens, and 0.45 with 40.",
        ),
        (
            SizeCurves(language_model=curve((5, 0.1), (20, 0.3))),
            "does best with 20 tokens, of the sizes that were tried: macro-F1 0.35.",
        ),
        (
            SizeCurves(bag_of_tokens=curve((5, 0.29), (20, 0.3))),
            "a linear model that counts 5 tokens reaches a macro-F1 of 0.34, and 0.35 with 20.",
        ),
    ],
)
def test_the_size_that_is_enough_is_told(sizes: SizeCurves, sentence: str) -> None:
    assert sizes_sentence(sizes).endswith(sentence)


def test_the_picture_of_sizes_has_a_line_for_each_corpus_and_reader() -> None:
    sizes = SizeCurves(language_model=curve((5, 0.1), (20, 0.3)), bag_of_tokens=curve((9, 0.2)))
    (axes,) = sizes_figure(sizes).axes
    drawn = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert drawn["a, language model"] == [0.1, 0.3]
    assert drawn["b, counted tokens"] == pytest.approx([0.3])
    assert len(drawn) == 4
    assert np.isclose(axes.get_xlim()[1], 20, rtol=0.2)
