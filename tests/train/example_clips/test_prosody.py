"""What is measured of a reading can be measured again on the sound that is made from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter

from audiotok.audio import SAMPLE_RATE
from train.example_clips.prosody import (
    BAND_CENTRES_HZ,
    band_levels_db,
    breath_db,
    mean_level_db,
    measure,
    median_st,
    melody_st,
    monotonous,
    with_prosody,
)
from train.example_clips.vocoder import Voice, analyse, resynthesise

pytest.importorskip("pyworld")

VOWELS_HZ = ((600, 1200), (300, 2200), (350, 800))  # first resonances, so that sounds differ


@pytest.fixture(scope="module")
def read() -> Voice:
    """Three vowels of .4 s each at 120 Hz with a little melody, between silences."""
    time_s = np.arange(int(1.2 * SAMPLE_RATE)) / SAMPLE_RATE
    phase = np.cumsum(120 * 2 ** (np.sin(2 * np.pi * time_s) / 12)) / SAMPLE_RATE
    pulses = np.diff(np.floor(phase), prepend=0.0)
    parts = np.split(pulses, len(VOWELS_HZ))
    for n, centres_hz in enumerate(VOWELS_HZ):
        for centre_hz, width_hz in zip((*centres_hz, 2800), (80, 100, 150), strict=True):
            radius = np.exp(-np.pi * width_hz / SAMPLE_RATE)
            angle = 2 * np.pi * centre_hz / SAMPLE_RATE
            parts[n] = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], parts[n])
        parts[n] = parts[n] / np.sqrt(np.mean(parts[n] ** 2))
    vowels = 0.05 * np.concatenate(parts)
    noise = np.random.default_rng(0).normal(scale=1e-4, size=len(vowels) + SAMPLE_RATE)
    return analyse((np.pad(vowels, SAMPLE_RATE // 2) + noise).astype(np.float32))


def acted(read: Voice) -> Voice:
    """The reading 30 % slower, rising by 8 semitones, 6 dB louder, brighter and breathier."""
    n = len(read.pitch_hz)
    slow = read.at(np.arange(0, n - 1, 1 / 1.3))
    rise = 2 ** (np.linspace(0, 8, len(slow.pitch_hz)) / 12)
    hz = np.linspace(0, SAMPLE_RATE / 2, slow.envelope.shape[1])
    tilt_db = np.interp(hz, BAND_CENTRES_HZ, np.linspace(-4, 4, len(BAND_CENTRES_HZ)))
    return replace(
        slow,
        pitch_hz=slow.pitch_hz * rise,
        envelope=slow.envelope * 10 ** ((6 + tilt_db) / 10),
        aperiodicity=np.clip(slow.aperiodicity * 2, 0, 1),
    )


def test_a_reading_takes_pitch_level_timing_and_timbre_of_the_acted_one(read: Voice) -> None:
    model = acted(read)
    made = with_prosody(measure(read, model, read), read)
    assert len(made.pitch_hz) == pytest.approx(len(model.speech.pitch_hz), rel=0.05)
    ends = [melody_st(voice)[[20, -20]] for voice in (made, model.speech)]
    np.testing.assert_allclose(ends[0], ends[1], atol=0.8)
    louder = mean_level_db(model) - mean_level_db(read)
    assert mean_level_db(made) - mean_level_db(read) == pytest.approx(louder, abs=1.5)
    brighter = [band_levels_db(voice)[5] - band_levels_db(voice)[1] for voice in (read, made)]
    wanted = band_levels_db(model)[5] - band_levels_db(model)[1]
    assert abs(brighter[1] - wanted) < abs(brighter[0] - wanted) / 2
    assert breath_db(made) > breath_db(read) + 1


def test_a_plain_reading_measured_by_itself_changes_little(read: Voice) -> None:
    prosody = measure(read, read, read)
    assert max(map(abs, prosody.bands_db)) < 0.1
    assert prosody.breath_db == 0
    made = with_prosody(prosody, read)
    np.testing.assert_allclose(
        melody_st(made)[10:-10].mean(), melody_st(read.speech)[10:-10].mean(), atol=0.3
    )
    assert len(made.pitch_hz) == pytest.approx(len(read.speech.pitch_hz), rel=0.03)


def test_the_melody_of_a_flat_voice_is_a_third_of_its_own(read: Voice) -> None:
    flat = monotonous(read)
    own, left = (np.ptp(melody_st(voice.speech)) for voice in (read, flat))
    assert left < own / 2
    assert median_st(flat) == pytest.approx(median_st(read), abs=0.2)


def test_level_is_set_and_never_clips(read: Voice) -> None:
    quiet = resynthesise(read, -40.0, np.random.default_rng(0))
    shouted = resynthesise(read, 0.0, np.random.default_rng(0))
    assert np.abs(quiet).max() < 0.15
    assert np.abs(shouted).max() <= 1.0
