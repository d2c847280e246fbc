from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import save_file
from scipy.special import expit

from audiotok.acoustics.measures import Sound, energy, pitch, quality
from audiotok.acoustics.taught_dimensions import TaughtDimensions, TaughtMeasure
from audiotok.audio import SAMPLE_RATE, read_audio
from audiotok.calibration import Calibration
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from audiotok.codec_files import TAUGHT, write_codec
from audiotok.errors import AudioError, BundleError
from tests.clips import ANGRY, HAPPY, NEUTRAL, OTHER_NEUTRAL
from tests.conftest import random_bundle, tone
from tests.sounds import spoken


def taught(name: str, n_columns: int) -> TaughtMeasure:
    """A teacher whose latents are its measures; the usual level is 0."""
    mean, usual = np.zeros(n_columns, np.float32), np.zeros(n_columns, np.float32)
    return TaughtMeasure(name, mean, usual, np.eye(n_columns, dtype=np.float32))


PITCH, ENERGY, QUALITY = taught("pitch", 4), taught("energy", 4), taught("quality", 5)


def voice(hz: float, seconds: float = 1.0) -> np.ndarray:
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * k * hz * times) / k for k in range(1, 10)) * 0.2
    return np.asarray(wave, dtype=np.float32)


def test_a_higher_voice_than_the_reference_is_high_by_as_many_octaves() -> None:
    high, low = pitch(Sound(voice(240))), pitch(Sound(voice(120)))
    alone = PITCH.step(high)
    assert (PITCH.step(high, [low]) - alone)[0] == pytest.approx(1.0, abs=0.03)
    assert (PITCH.step(high, [low, high]) - alone)[0] == pytest.approx(0.5, abs=0.03)


def test_latents_less_the_step_are_relative_to_the_clip() -> None:
    clip = pitch(Sound(voice(240)))
    octaves = (PITCH.target(clip) + PITCH.step(clip))[:, 0]
    assert np.median(octaves) == pytest.approx(0, abs=0.03)


def test_a_clip_is_its_own_reference_where_it_is_relative_already() -> None:
    sound = Sound(voice(200))
    for plain, clip in [(PITCH, pitch(sound)), (ENERGY, energy(sound))]:
        assert plain.step(clip, [clip]) == pytest.approx(plain.step(clip))
        assert plain.step(clip)[0] == pytest.approx(-clip.level[0])
    clip = quality(sound)
    assert not QUALITY.step(clip).any()  # absolute until there is a reference
    assert QUALITY.step(clip, [clip]) == pytest.approx(-clip.level)


def test_a_whisper_has_no_pitch_to_compare() -> None:
    hiss = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32) * 0.1
    whisper, clip = pitch(Sound(hiss)), pitch(Sound(voice(120)))
    assert not PITCH.step(whisper).any()
    np.testing.assert_array_equal(PITCH.step(clip, [whisper]), PITCH.step(clip))
    assert np.ptp(whisper.values[:, 0]) == 0


def test_the_shipped_codec_hears_a_clip_relative_to_a_reference() -> None:
    codec = Codec.load()
    assert codec.takes_reference
    high = voice(240)
    alone, same, low = codec.encode_relative(
        high, [[], [codec.measure(high)], [codec.measure(voice(120))]]
    )
    np.testing.assert_array_equal(alone, codec.encode(high))
    np.testing.assert_array_equal(low, codec.encode(high, [codec.measure(voice(120))]))
    assert (low[1] != same[1]).mean() > 0.5  # layer 2 is the one taught pitch


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
    clip = (SAMPLE_RATE, spoken(0.5))
    prediction = classifier.predict(clip, "good news", reference=clip)
    assert prediction.n_references == 0
    assert any("no reference clip" in note for note in prediction.notes)
    plain = classifier.predict(clip, "good news")
    np.testing.assert_array_equal(prediction.text_audio.per_seed, plain.text_audio.per_seed)


def test_a_reference_that_cannot_be_used_is_named(vocabulary, backbones) -> None:
    codec = Codec.load()
    classifier = Classifier.load(random_bundle("tiny/bert", codec, vocabulary), codec)
    with pytest.raises(AudioError, match=r"^The reference clip: The recording is silent"):
        classifier.predict(HAPPY, reference=(SAMPLE_RATE, np.zeros(8000)))
    prediction = classifier.predict(HAPPY, "good", reference=[NEUTRAL, OTHER_NEUTRAL])
    assert prediction.n_references == 2
    assert "reference" in [token.name for token in prediction.sequence.tokens]
    alone = classifier.predict(HAPPY, "good")
    np.testing.assert_array_equal(prediction.text_only.per_seed, alone.text_only.per_seed)
    assert np.abs(prediction.text_audio.per_seed - alone.text_audio.per_seed).max() > 1e-3


def test_frames_in_which_nothing_sounds_are_left_out(codec) -> None:
    shipped, pause = Codec.load(), np.zeros(SAMPLE_RATE, np.float32)
    spoken = read_audio(ANGRY).samples
    codes = shipped.encode(np.concatenate([pause, spoken, pause]))
    n_spoken = codes.shape[1] - 100
    assert 0.6 * n_spoken < shipped.sounding(codes).shape[1] < n_spoken
    silent = codes[:, :40]
    np.testing.assert_array_equal(shipped.sounding(silent), silent)  # better than nothing at all
    untaught = codec.encode(spoken)
    np.testing.assert_array_equal(codec.sounding(untaught), untaught)


def test_functionals_say_how_far_a_voice_is_from_its_reference(codec) -> None:
    shipped = Codec.load()
    read, low = shipped.functionals, shipped.measure(voice(120))
    pitch_of = [shipped.taught.measures[layer].name for layer in read.layers].index("pitch")
    alone, octave_up = shipped.encode_relative(voice(240), [[], [low]])
    assert abs(read(shipped.sounding(alone))[pitch_of]) < 0.2
    assert 0.7 < read(shipped.sounding(octave_up))[pitch_of] < 1.3
    assert "energy" not in [shipped.taught.measures[layer].name for layer in read.layers]
    assert len(codec.functionals) == 0  # an untaught codec's tokens stand for nothing known


def test_the_bag_takes_off_what_it_says_of_the_reference(vocabulary, backbones) -> None:
    codec = Codec.load()
    plain = random_bundle("tiny/bert", codec, vocabulary)
    calibration = {"text_audio": Calibration(scale=0.0, bag_of_tokens=1.0)}
    config = plain.config.model_copy(update={"calibration": calibration})
    bag = replace(plain.bag_of_tokens, plain=np.array([0.2, 0.1, 0.3]), reference_correction=0.5)
    classifier = Classifier.load(replace(plain, config=config, bag_of_tokens=bag), codec)
    happy, neutral = read_audio(HAPPY).samples, read_audio(NEUTRAL).samples
    found = classifier.predict(HAPPY, reference=NEUTRAL)
    hearings = codec.encode_relative(happy, [[codec.measure(neutral)], []])
    said = np.mean([bag.logits(codec.sounding(codes)) for codes in hearings], axis=0)
    habit = bag.logits(codec.sounding(codec.encode(neutral))) - bag.plain
    expected = expit(expit(said - 0.5 * habit))
    np.testing.assert_allclose(found.text_audio.mean, expected, atol=1e-6)


def test_what_was_taught_survives_the_disk_and_counts_in_the_fingerprint(codec, tmp_path) -> None:
    write_codec(codec.model, codec.config, tmp_path, TaughtDimensions((PITCH,)))
    found = Codec.load(tmp_path)
    assert found.takes_reference
    assert found.taught.measures[0].name == "pitch"
    np.testing.assert_array_equal(found.taught.measures[0].whiten, PITCH.whiten)
    assert found.fingerprint != codec.fingerprint


@pytest.mark.parametrize("damage", ["cut", "another measure"])
def test_a_broken_lesson_is_one_sentence(codec, tmp_path, damage) -> None:
    write_codec(codec.model, codec.config, tmp_path, TaughtDimensions((PITCH,)))
    path = tmp_path / TAUGHT
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:50])
    else:
        save_file(TaughtDimensions((PITCH,)).tensors(), path, {"taught": "astrology"})
    with pytest.raises(BundleError, match="does not say what was taught"):
        Codec.load(tmp_path)
