from __future__ import annotations

import numpy as np
import pytest
from safetensors.torch import save_file

from audiotok.audio import SAMPLE_RATE
from audiotok.classifier import Classifier
from audiotok.codec import LESSON, Codec, write_codec
from audiotok.errors import AudioError, BundleError
from audiotok.measures import prosody
from audiotok.reference import Lesson, Taught
from tests.conftest import random_bundle, tone

PITCH, VOICING, ENERGY, ALPHA = range(4)
PLAIN = Taught("prosody", np.zeros(10, np.float32), np.eye(10, dtype=np.float32))


def voice(hz: float, seconds: float = 1.0) -> np.ndarray:
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * k * hz * times) / k for k in range(1, 10)) * 0.2
    return np.asarray(wave, dtype=np.float32)


def test_a_higher_voice_than_the_reference_is_high_by_as_many_octaves() -> None:
    step = PLAIN.step(prosody(voice(240)), [prosody(voice(120))])
    assert step[PITCH] == pytest.approx(1.0, abs=0.03)
    two = PLAIN.step(prosody(voice(240)), [prosody(voice(120)), prosody(voice(240))])
    assert two[PITCH] == pytest.approx(0.5, abs=0.03)


def test_a_clip_is_its_own_reference_where_it_is_relative_already() -> None:
    clip = prosody(voice(200))
    step = PLAIN.step(clip, [clip])
    assert step[[PITCH, VOICING, ENERGY]] == pytest.approx(0)
    assert step[ALPHA] == pytest.approx(-clip.level[ALPHA])  # absolute until there is a reference


def test_a_whisper_has_no_pitch_to_compare() -> None:
    hiss = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32) * 0.1
    for clip, reference in [(hiss, voice(120)), (voice(120), hiss)]:
        step = PLAIN.step(prosody(clip), [prosody(reference)])
        assert step[PITCH] == 0
        assert np.isfinite(step).all()


def test_the_shipped_codec_hears_a_clip_relative_to_a_reference() -> None:
    codec = Codec.load()
    assert codec.takes_reference
    high = voice(240)
    alone, same, low = codec.encode_relative(
        high, [[], [codec.measure(high)], [codec.measure(voice(120))]]
    )
    np.testing.assert_array_equal(alone, codec.encode(high))
    np.testing.assert_array_equal(low, codec.encode(high, [codec.measure(voice(120))]))
    assert (low[1] != same[1]).mean() > 0.5  # layer 2 is the one taught prosody


def test_a_louder_recording_of_the_reference_changes_nothing() -> None:
    codec = Codec.load()
    clip, reference = voice(200), voice(150)
    codes = codec.encode(clip, [codec.measure(reference)])
    louder = codec.encode(clip, [codec.measure(4 * reference)])
    assert (codes == louder).mean() > 0.99


def test_a_codec_without_teachers_refuses_references(codec: Codec) -> None:
    assert not codec.takes_reference
    with pytest.raises(BundleError, match="nothing that a reference could move"):
        codec.encode(tone(0.5), [()])


def test_a_model_that_takes_no_reference_says_so_and_goes_on(codec, vocabulary, backbones) -> None:
    classifier = Classifier.load(random_bundle("tiny/bert", codec, vocabulary), codec)
    clip = (SAMPLE_RATE, tone(0.5))
    prediction = classifier.predict(clip, "good news", reference=clip)
    assert prediction.n_references == 0
    assert any("no reference clip" in note for note in prediction.notes)
    plain = classifier.predict(clip, "good news")
    np.testing.assert_array_equal(prediction.text_audio.per_seed, plain.text_audio.per_seed)


def test_a_reference_that_cannot_be_used_is_named(vocabulary, backbones) -> None:
    codec = Codec.load()
    classifier = Classifier.load(random_bundle("tiny/bert", codec, vocabulary), codec)
    with pytest.raises(AudioError, match=r"^The reference clip: The recording is silent"):
        classifier.predict((SAMPLE_RATE, voice(200)), reference=(SAMPLE_RATE, np.zeros(8000)))
    several = [(SAMPLE_RATE, voice(120)), (SAMPLE_RATE, voice(130))]
    prediction = classifier.predict((SAMPLE_RATE, voice(240)), "good", reference=several)
    assert prediction.n_references == 2
    assert "reference" in [token.name for token in prediction.sequence.tokens]
    alone = classifier.predict((SAMPLE_RATE, voice(240)), "good")
    np.testing.assert_array_equal(prediction.text_only.per_seed, alone.text_only.per_seed)
    assert np.abs(prediction.text_audio.per_seed - alone.text_audio.per_seed).max() > 1e-3


def test_what_was_taught_survives_the_disk_and_counts_in_the_fingerprint(codec, tmp_path) -> None:
    write_codec(codec.model, codec.config, tmp_path, Lesson((PLAIN,)))
    taught = Codec.load(tmp_path)
    assert taught.takes_reference
    assert taught.lesson.taught[0].name == "prosody"
    np.testing.assert_array_equal(taught.lesson.taught[0].whiten, PLAIN.whiten)
    assert taught.fingerprint != codec.fingerprint


@pytest.mark.parametrize("damage", ["cut", "another measure"])
def test_a_broken_lesson_is_one_sentence(codec, tmp_path, damage) -> None:
    write_codec(codec.model, codec.config, tmp_path, Lesson((PLAIN,)))
    path = tmp_path / LESSON
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:50])
    else:
        save_file(Lesson((PLAIN,)).tensors(), path, {"taught": "astrology"})
    with pytest.raises(BundleError, match="does not say what was taught"):
        Codec.load(tmp_path)
