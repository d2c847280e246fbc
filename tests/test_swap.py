"""Words and voices of two clips are exchanged, and a voice is made flat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiotok.analysis.swap import (
    FlatVoice,
    Swap,
    flat_record,
    flat_sentence,
    flat_voice,
    flattened,
    swap,
    swap_record,
    swap_sentence,
)
from audiotok.classifier import Classifier
from audiotok.errors import AudiotokError
from audiotok.plots.figure import render
from audiotok.plots.swap import flat_figure, swap_figure
from tests.fake_classifier import RULES, FakeClassifier, FakeCodec, make_prediction, make_scores
from tests.sounds import spoken
from tests.talkative import classifier_of

SAD, HAPPY = (0.1, 0.8, 0, 0, 0, 0), (0.8, 0.1, 0, 0, 0, 0)


def scored(*means: tuple[float, ...]) -> list:
    return [make_scores(RULES["emotion"], mean) for mean in means]


@pytest.fixture(scope="module")
def classifier(codec) -> Classifier:
    return classifier_of("tiny/bert", codec)


def test_each_pair_is_what_the_classifier_says_of_it(classifier) -> None:
    low, high = ((16_000, spoken(0.8, hz)) for hz in (120.0, 210.0))
    a, b = classifier.predict(low, "good news"), classifier.predict(high, "bad dogs")
    found = swap(classifier, a, b)
    crossed = classifier.predict(high, "good news")
    for scores, prediction in (
        (found.scores[0][0], a),
        (found.scores[0][1], crossed),
        (found.scores[1][1], b),
    ):
        np.testing.assert_allclose(scores.per_seed, prediction.text_audio.per_seed, atol=1e-5)
    assert np.abs(a.text_audio.per_seed - crossed.text_audio.per_seed).max() > 1e-4


def test_a_flat_voice_has_the_median_code_wherever_it_sounds() -> None:
    codes = np.arange(8 * 5).reshape(8, 5)

    class PausingCodec(FakeCodec):
        def sounding_frames(self, codes: np.ndarray) -> np.ndarray:
            return np.array([False, True, True, True, True])

    flat = flattened(PausingCodec(), codes)
    np.testing.assert_array_equal(flat[1], [5, 8, 8, 8, 8])  # of 6, 7, 8 and 9
    np.testing.assert_array_equal(flat[2], [10, 13, 13, 13, 13])
    np.testing.assert_array_equal(np.delete(flat, [1, 2], axis=0), np.delete(codes, [1, 2], axis=0))
    reference = np.full((8, 3), 100)
    assert set(flattened(PausingCodec(), codes, [reference])[1, 1:]) == {100}


def test_the_median_goes_by_what_codes_stand_for() -> None:
    class BackwardsCodec(FakeCodec):
        def measures_by_code(self, layer: int) -> np.ndarray:
            return np.where(np.arange(1024) == 9, -5.0, np.arange(1024.0))[:, None]

    codes = np.tile([1, 2, 9], (8, 1))
    assert set(flattened(BackwardsCodec(), codes)[1]) == {1}


def test_silence_has_no_flat_voice() -> None:
    class SilentCodec(FakeCodec):
        def sounding_frames(self, codes: np.ndarray) -> np.ndarray:
            return np.zeros(codes.shape[1], dtype=bool)

    with pytest.raises(AudiotokError, match="no voice to make flat"):
        flattened(SilentCodec(), make_prediction().codes)


def test_a_flat_voice_is_judged(classifier) -> None:
    prediction = make_prediction()
    found = flat_voice(FakeClassifier(), prediction)
    assert found.before is prediction.text_audio
    assert len(set(found.codes[1])) == len(set(found.codes[2])) == 1
    record = flat_record(found, flat_sentence(found))
    assert record["verdict_before"] == "happiness"
    with pytest.raises(AudiotokError, match="no layer for the pitch of a voice"):
        flat_voice(classifier, classifier.predict((16_000, spoken(0.6)), ""))


def test_sentences_say_what_the_voice_does() -> None:
    happy, sad = scored(HAPPY, SAD)
    words = ("Dinner is at seven.", "Good bye.")
    voice_decides = Swap(words, ((happy, sad), (happy, sad)))
    assert swap_sentence(voice_decides) == (
        "“Dinner is at seven.” is happy in its own voice and sad in the other's."
    )
    alike = Swap(words, ((happy, happy), (happy, happy)))
    assert swap_sentence(alike).startswith("All four are happy")
    words_decide = Swap(words, ((happy, happy), (sad, sad)))
    assert swap_sentence(words_decide).startswith("The verdict goes with the words")
    codes = make_prediction().codes
    assert flat_sentence(FlatVoice(happy, sad, codes)) == (
        "With flat pitch and energy the verdict is sad, not happy."
    )
    assert "stays happy" in flat_sentence(FlatVoice(happy, happy, codes))


def test_the_square_is_drawn_and_told() -> None:
    happy, sad = scored(HAPPY, SAD)
    found = Swap(("It costs $5 or $6.", ""), ((happy, sad), (happy, sad)))
    drawn = render(swap_figure(found, "Why.", dark=True), "svg").decode()
    assert "words A, voice B: sad" in drawn
    assert "$5 or $6" in drawn
    assert "no words" in drawn
    rows = swap_record(found, "Why.")["predictions"]
    assert [row["verdict"] for row in rows] == ["happiness", "sadness"] * 2


def test_a_flat_voice_is_drawn_beside_the_voice_as_it_is() -> None:
    happy, sad = scored(HAPPY, SAD)
    found = FlatVoice(happy, sad, make_prediction().codes)
    drawn = render(flat_figure(found, "Why."), "svg").decode()
    assert "as it was said: happy" in drawn
    assert "in a flat voice: sad" in drawn


def test_what_cannot_be_swapped_is_one_sentence() -> None:
    a = make_prediction()
    with pytest.raises(AudiotokError, match="predict both for one task"):
        swap(FakeClassifier(), a, make_prediction("sentiment"))
    with pytest.raises(AudiotokError, match="predict again"):
        swap(FakeClassifier(), a, replace(a, hearings=()))
