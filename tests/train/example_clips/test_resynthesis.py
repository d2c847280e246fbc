"""What is done to a voice can be measured on the sound that comes out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from audiotok.audio import SAMPLE_RATE, Samples
from train.example_clips.mood_study import MEASURES, Measured, differences, measure
from train.example_clips.resynthesis import Mood, Voice, analyse, resynthesise, set_mood

pytest.importorskip("pyworld")

ACCENTS = ((0.5, 1.0),)


def test_a_stronger_mood_goes_further_from_the_neutral_reading() -> None:
    mood = Mood(pitch_st=4.0, duration=1.2, bands_db=(2.0,) * 9)
    twice = mood.stronger(2)
    assert (twice.pitch_st, twice.duration, twice.bands_db) == (8.0, pytest.approx(1.4), (4.0,) * 9)
    assert mood.stronger(0) == Mood()
    assert mood.stronger(1) == mood


@pytest.fixture(scope="module")
def voice() -> Voice:
    """A vowel of 1.5 s at 120 Hz with a little melody, between silences."""
    time_s = np.arange(int(1.5 * SAMPLE_RATE)) / SAMPLE_RATE
    phase = np.cumsum(120 * 2 ** (np.sin(2 * np.pi * time_s) / 12)) / SAMPLE_RATE
    pulses = np.diff(np.floor(phase), prepend=0.0)
    for centre_hz, width_hz in ((600, 80), (1200, 100), (2500, 150)):
        radius = np.exp(-np.pi * width_hz / SAMPLE_RATE)
        angle = 2 * np.pi * centre_hz / SAMPLE_RATE
        pulses = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], pulses)
    vowel = 0.3 * pulses / np.abs(pulses).max()
    noise = np.random.default_rng(0).normal(scale=1e-4, size=len(vowel) + SAMPLE_RATE)
    return analyse((np.pad(vowel, SAMPLE_RATE // 2) + noise).astype(np.float32))


def sounded(voice: Voice, mood: Mood) -> Samples:
    rng = np.random.default_rng(0)
    return resynthesise(set_mood(voice, mood, ACCENTS, rng), -26.0, rng)


def change(voice: Voice, mood: Mood) -> dict[str, float]:
    """How a mood's sound differs from the plain one's, as ``train.example_clips.mood_study``
    measures it."""
    plain, moody = (measure(analyse(sounded(voice, m))) for m in (Mood(), mood))
    ratios = {"pitch_range", "duration"}
    return {
        name: moody[i] / plain[i] if name in ratios else moody[i] - plain[i]
        for i, name in enumerate(MEASURES)
    }


def test_pitch_and_duration_change_as_asked(voice: Voice) -> None:
    found = change(voice, Mood(pitch_st=5.0, duration=1.3))

    assert found["pitch_st"] == pytest.approx(5.0, abs=0.3)
    assert found["duration"] == pytest.approx(1.3, abs=0.05)


def test_a_flat_mood_takes_the_melody_and_an_accent_gives_one(voice: Voice) -> None:
    assert change(voice, Mood(pitch_range=0.2))["pitch_range"] < 0.5
    assert change(voice, Mood(accent_st=6.0))["pitch_range"] > 1.5


def test_bright_and_breathy_moods_are_measured_as_such(voice: Voice) -> None:
    bright = change(voice, Mood(bands_db=(-4, -3, -2, -1, 0, 1, 2, 3, 4)))
    breathy = change(voice, Mood(breath_db=20.0))

    assert bright["2500 Hz"] - bright["450 Hz"] == pytest.approx(4.0, abs=1.5)
    assert breathy["breath_db"] > 2.0


def test_level_is_set_and_never_clips(voice: Voice) -> None:
    quiet = resynthesise(voice, -40.0, np.random.default_rng(0))
    shouted = resynthesise(voice, 0.0, np.random.default_rng(0))

    assert np.abs(quiet).max() < 0.1
    assert np.abs(shouted).max() <= 1.0


def test_the_study_compares_with_the_same_speakers_neutral_reading() -> None:
    from train.corpora.records import Record

    def clip(speaker: str, label: str, value: float) -> Measured:
        record = Record(f"{speaker}-{label}", (), "Hello.", (label,), speaker, "train", "made up")
        return Measured(record, np.full(len(MEASURES), value))

    table = differences(
        [
            clip("anna", "neutral", 10.0),
            clip("ben", "neutral", 2.0),
            clip("anna", "anger", 15.0),
            clip("ben", "anger", 7.0),
            clip("no neutral reading", "anger", 99.0),
        ]
    )

    assert set(table) == {"anger"}
    assert table["anger"][MEASURES.index("pitch_st")] == 5.0
    assert table["anger"][MEASURES.index("duration")] == pytest.approx((1.5 + 3.5) / 2)
