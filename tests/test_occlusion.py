"""Parts of an utterance are left out, and what the probabilities lose is told."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from audiotok.analysis.ablation import ablation, ablation_record
from audiotok.analysis.counterfactual import encodings_of
from audiotok.analysis.occlusion import (
    MAX_STEPS,
    occlusion,
    occlusion_csv,
    occlusion_record,
    occlusion_sentence,
    strongest_step,
)
from audiotok.classifier import Classifier
from audiotok.errors import AudiotokError
from audiotok.plots.figure import render
from audiotok.plots.occlusion import occlusion_figure
from audiotok.vocabulary import LEFT_OUT, Occurrence
from tests.fake_classifier import FakeClassifier, make_prediction
from tests.sounds import spoken
from tests.talkative import classifier_of


@pytest.fixture(scope="module", params=["bert", "llama"])
def classifier(request, codec) -> Classifier:
    return classifier_of(f"tiny/{request.param}", codec)


def test_effects_are_what_the_classifier_says_without_the_part(classifier) -> None:
    prediction = classifier.predict((16_000, spoken(1.2)), "good news")
    found = occlusion(classifier, prediction, all_seeds=True)
    np.testing.assert_allclose(found.baseline, prediction.text_audio.mean, atol=1e-6)
    ablated = ablation(classifier, prediction, all_seeds=True)
    assert found.n_seeds == ablated.n_seeds == 2
    (encoding,) = encodings_of(classifier, prediction)

    def effect(**changes: object) -> np.ndarray:
        asked = classifier.probabilities([[replace(encoding, **changes)]], ("text_audio",))
        return prediction.text_audio.mean - asked["text_audio"][:, 0].mean(axis=0)

    # The second of six steps of ten frames, with half a step on either side.
    tokens = encoding.sequence.tokens
    hidden = [t.occurrence is not None and 5 <= t.occurrence.frame < 25 for t in tokens]
    assert any(hidden)
    ids = encoding.sequence.ids
    if classifier.mask_id is None:  # decoders have no mask token, so tokens are taken out
        assert len(encoding.without_frames(5, 25, None).sequence.tokens) == len(ids) - sum(hidden)
    else:
        read = encoding.without_frames(5, 25, classifier.mask_id).sequence.ids
        np.testing.assert_array_equal(read == classifier.mask_id, hidden)
    gone = [i for i, is_hidden in enumerate(hidden) if is_hidden]
    expected = effect(
        sequence=encoding.sequence.leaving_out(gone, classifier.mask_id),
        codes=np.delete(encoding.codes, np.s_[5:25], axis=1),
    )
    np.testing.assert_allclose(found.steps[1], expected, atol=1e-5)
    assert np.abs(expected).max() > 1e-4
    np.testing.assert_allclose(found.bounds_s[1], (0.2, 0.4))

    codes = encoding.codes.copy()
    codes[2] = LEFT_OUT
    third = [i for i, t in enumerate(tokens) if t.occurrence and t.occurrence.layer == 3]
    expected = effect(
        sequence=encoding.sequence.leaving_out(third, classifier.mask_id), codes=codes
    )
    np.testing.assert_allclose(ablated.by_layer[2], expected, atol=1e-5)

    alone = classifier.predict((16_000, spoken(1.2)), "")
    expected = prediction.text_audio.mean - alone.text_audio.mean
    np.testing.assert_allclose(ablated.words, expected, atol=1e-5)


def test_a_layer_left_out_adds_nothing_to_the_bag(bundle, codec) -> None:
    bag = bundle.bag_of_tokens
    codes = codec.encode(spoken(0.6))
    without = codes.copy()
    without[1] = LEFT_OUT
    mute = replace(bag, weights=bag.weights.copy())
    mute.weights[:, 1] = 0.0
    np.testing.assert_allclose(bag.logits(without), mute.logits(codes))


def test_one_seed_stands_for_all_unless_all_are_asked(classifier) -> None:
    prediction = classifier.predict((16_000, spoken(0.6)), "good news")
    found = occlusion(classifier, prediction)
    distances = np.abs(prediction.text_audio.per_seed - prediction.text_audio.mean).sum(axis=1)
    nearest = prediction.text_audio.per_seed[distances.argmin()]
    np.testing.assert_allclose(found.baseline, nearest, atol=1e-6)


def test_tokens_that_last_are_left_out_with_every_step_they_sound_in() -> None:
    prediction = make_prediction(duration_s=1.0)
    (encoding,) = encodings_of(FakeClassifier(), prediction)
    tokens = list(encoding.sequence.tokens)
    place = encoding.sequence.audio_positions[0]
    long = Occurrence(0, 1, tokens[place].occurrence.code, tokens[place].occurrence.index, 30)
    tokens[place] = replace(tokens[place], occurrence=long)
    lasting = replace(encoding, sequence=replace(encoding.sequence, tokens=tuple(tokens)))
    assert lasting.without_frames(28, 29, mask_id=0).sequence.tokens[place].occurrence is None
    assert lasting.without_frames(30, 31, mask_id=0).sequence.tokens[place].occurrence is not None


@pytest.mark.parametrize("duration_s", [0.3, 0.42, 5.0, 60.0])
def test_steps_cover_a_clip_of_any_length(duration_s) -> None:
    found = occlusion(FakeClassifier(), make_prediction(duration_s=duration_s))
    assert len(found.steps) <= MAX_STEPS
    np.testing.assert_allclose(found.bounds_s[1:, 0], found.bounds_s[:-1, 1])
    assert found.bounds_s[0, 0] == 0
    assert found.bounds_s[-1, 1] == pytest.approx(duration_s)


def test_the_strongest_step_is_told_and_drawn() -> None:
    prediction = make_prediction()
    found = occlusion(FakeClassifier(), prediction)
    effects = found.steps[:, 0].copy()
    effects[3] = 0.3
    found = replace(found, steps=np.column_stack([effects, found.steps[:, 1:]]))
    assert strongest_step(found, "happiness") == pytest.approx((0.6, 0.8, 0.3))
    sentence = occlusion_sentence(found, "happiness")
    assert sentence.startswith("The 200 ms from 0.60 s on do most for happiness")
    ablated = ablation(FakeClassifier(), prediction)
    record = occlusion_record(found, sentence)
    assert record["steps"][3]["effect"]["happiness"] == pytest.approx(0.3)
    rows = list(csv.DictReader(io.StringIO(occlusion_csv(found, ablated))))
    assert [row["left_out"] for row in rows][-2:] == ["Whisper's encoder", "words"]
    assert float(rows[3]["effect_happiness"]) == pytest.approx(0.3)
    figure = occlusion_figure(prediction, found, ablated, "happiness", sentence)
    drawn = render(figure, "svg").decode()
    assert "The 200 ms from 0.60 s on" in drawn
    assert "words" in drawn


def test_no_step_is_named_where_none_matters() -> None:
    found = occlusion(FakeClassifier(), make_prediction())
    found = replace(found, steps=np.zeros_like(found.steps))
    assert occlusion_sentence(found, "fear").startswith("No single step")


def test_without_words_only_the_voice_is_left_out() -> None:
    prediction = make_prediction(text="")
    found, ablated = occlusion(FakeClassifier(), prediction), ablation(FakeClassifier(), prediction)
    assert ablated.words is None
    assert ablation_record(ablated)["words"] is None
    figure = occlusion_figure(prediction, found, ablated, "happiness")
    assert b"happiness" in render(figure, "svg")


def test_what_cannot_be_left_out_is_one_sentence() -> None:
    prediction = make_prediction()
    silent = replace(prediction, sequence=prediction.text_sequence, selected=(), frame_logits=None)
    for leave_out in (occlusion, ablation):
        with pytest.raises(AudiotokError, match="nothing of the voice to leave out"):
            leave_out(FakeClassifier(), silent)
        with pytest.raises(AudiotokError, match="predict again"):
            leave_out(FakeClassifier(), replace(prediction, hearings=()))
    for step_s in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(AudiotokError, match="A step lasts some seconds"):
            occlusion(FakeClassifier(), prediction, step_s)
