"""A verdict needs a voice: what is none is refused, and what is one never is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audiotok.assets import EXAMPLES
from audiotok.audio import SAMPLE_RATE, read_audio
from audiotok.classifier import Classifier
from audiotok.errors import AudioError
from audiotok.speech import holds_speech, require_speech
from tests.clips import NEUTRAL
from tests.conftest import random_bundle
from tests.sounds import noise, sounds_without_speech, spoken, times

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
# One in so many clips of each corpus.
EVERY = {"ravdess": 80, "nemo": 80, "crema_d": 250, "emospeech": 60, "librispeech": 40}
SOUNDS = sounds_without_speech()


@pytest.fixture
def classifier(codec, vocabulary, backbones) -> Classifier:
    return Classifier.load(random_bundle("tiny/bert", codec, vocabulary), codec)


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_without_speech_is_refused_loud_and_quiet(name: str) -> None:
    for level in (1.0, 0.01):
        assert not holds_speech((level * SOUNDS[name]).astype(np.float32))


def test_a_minute_of_noise_holds_no_more_voice_than_a_moment() -> None:
    for fall in (0, 1, 2):
        assert not holds_speech((0.1 * noise(58.0, fall) / 4).astype(np.float32))


def test_every_example_is_heard_even_quietly_and_in_noise() -> None:
    rng = np.random.default_rng(0)
    clips = sorted(EXAMPLES.glob("*.flac"))
    assert len(clips) >= 8
    for clip in clips:
        samples = read_audio(clip).samples
        level = float(np.sqrt(np.mean(samples**2)))
        noisy = samples + rng.normal(0, level / 10 ** (5 / 20), len(samples))
        for heard in (samples, 0.003 * samples, noisy):
            require_speech(heard.astype(np.float32))


def test_one_word_in_a_minute_is_heard() -> None:
    samples = (0.001 * np.random.default_rng(1).normal(size=len(times(58.0)))).astype(np.float32)
    word = read_audio(NEUTRAL).samples[: SAMPLE_RATE * 8 // 10]
    samples[40 * SAMPLE_RATE : 40 * SAMPLE_RATE + len(word)] += word
    require_speech(samples)


@pytest.mark.parametrize("corpus", EVERY)
def test_real_voices_are_heard(corpus: str) -> None:
    if not (SHARED / corpus).is_dir():
        pytest.skip(f"needs {corpus} in ../shared/data")
    clips = sorted(p for p in (SHARED / corpus).rglob("*") if p.suffix in (".flac", ".opus"))
    sample = clips[:: EVERY[corpus]]
    assert sample
    assert [clip.name for clip in sample if not holds_speech(read_audio(clip).samples)] == []


def test_a_single_shout_is_heard() -> None:
    """Twice as high as speech usually is, and a third of a second long."""
    clip = SHARED / "emospeech" / "u020" / "u020_042.opus"
    if not clip.is_file():
        pytest.skip("needs emospeech in ../shared/data")
    require_speech(read_audio(clip).samples)


def test_neither_a_clip_nor_a_reference_without_speech_gets_a_verdict(classifier) -> None:
    noisy, voice = (SAMPLE_RATE, SOUNDS["white noise"]), (SAMPLE_RATE, spoken())
    with pytest.raises(AudioError, match=r"^No speech was heard"):
        classifier.predict(noisy, "good news")
    assert classifier.predict(voice, "good news").recording.duration_s == 1.0


def test_a_reference_without_speech_is_named(vocabulary, backbones) -> None:
    from audiotok.codec import Codec

    codec = Codec.load()
    classifier = Classifier.load(random_bundle("tiny/bert", codec, vocabulary), codec)
    voice, hum = (SAMPLE_RATE, spoken()), (SAMPLE_RATE, SOUNDS["50 Hz hum"])
    with pytest.raises(AudioError, match=r"^The reference clip: No speech was heard"):
        classifier.predict(voice, "good news", reference=[voice, hum])


def test_the_tokens_of_any_sound_can_be_seen(classifier) -> None:
    recording, codes, _ = classifier.tokenize((SAMPLE_RATE, SOUNDS["440 Hz tone"]))
    assert codes.shape == (8, round(recording.duration_s * 50))
