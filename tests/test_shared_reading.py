"""What utterances share is read once, and a text that was read lately not again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from audiotok.classifier import Classifier
from audiotok.sequence import TokenSequence
from audiotok.shared_reading import N_TEXTS, SharedReading
from tests.talkative import classifier_of


class Counting:
    """A reader that says how many sequences it was given."""

    def __init__(self, reader: Any) -> None:
        self.reader, self.given = reader, []

    def logits(self, sequences: Sequence[Any], *others: Any, **options: Any) -> torch.Tensor:
        self.given.append(len(sequences))
        found: torch.Tensor = self.reader.logits(sequences, *others, **options)
        return found


@pytest.fixture(scope="module")
def classifier(codec) -> Classifier:
    return classifier_of("tiny/bert", codec)


@pytest.fixture
def counting(classifier) -> Counting:
    return Counting(classifier.reader)


@pytest.fixture
def shared(classifier, counting) -> SharedReading:
    return SharedReading(counting, classifier.builder)


def texts(classifier: Classifier, *said: str) -> list[list[TokenSequence]]:
    return [[classifier.builder.build(each, ())] for each in said]


def test_a_sequence_in_several_utterances_is_read_once(classifier, counting, shared) -> None:
    good, bad = texts(classifier, "good", "bad")
    found = shared.logits([good, [*good, *bad], bad, good], "text_audio")
    assert counting.given == [2]
    np.testing.assert_allclose(found[:, 1], (found[:, 0] + found[:, 2]) / 2, atol=1e-12)
    np.testing.assert_array_equal(found[:, 3], found[:, 0])


def test_a_text_is_not_read_again(classifier, counting, shared) -> None:
    first = shared.logits(texts(classifier, "good", "bad"), "text_only")
    again = shared.logits(texts(classifier, "bad", "news", "good"), "text_only")
    assert counting.given == [2, 1]
    np.testing.assert_array_equal(again[:, [2, 0]], first)
    np.testing.assert_array_equal(
        shared.logits(texts(classifier, "good"), "text_only", [1]), first[1:, :1]
    )
    assert counting.given == [2, 1]
    said = [each for (each,) in texts(classifier, "bad", "news", "good")]
    plain = classifier.reader.logits(
        [classifier.builder.without_audio(each).ids for each in said], "text_only"
    )
    np.testing.assert_allclose(again, plain.numpy(), atol=1e-6)


def test_texts_are_forgotten_and_none_is_kept_as_it_was(classifier, counting, shared) -> None:
    shared.logits(texts(classifier, "good"), "text_only")
    said = (" ".join(("bad", "dogs")[n >> place & 1] for place in range(8)) for n in range(100))
    shared.logits(texts(classifier, *said), "text_only")
    assert counting.given[-1] == 100
    good = classifier.builder.without_audio(texts(classifier, "good")[0][0])
    assert len(shared._texts) == N_TEXTS
    assert not any(good.ids.tobytes() in key for key in shared._texts)
    shared.logits(texts(classifier, "good"), "text_only")
    assert counting.given[-1] == 1


def test_nothing_but_the_words_of_the_text_twin_is_kept(classifier, counting, shared) -> None:
    for _ in range(2):
        shared.logits(texts(classifier, "good"), "text_audio")
    assert counting.given == [1, 1]
