"""Fundamental frequency: right on tones whose pitch is known, sensible on speech."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from audiotok.acoustics.pitch import pitch_hz
from audiotok.audio import SAMPLE_RATE, read_audio

N_FRAMES = 50  # of one second


def times(seconds: float = 1.0) -> np.ndarray:
    return np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def buzz(phase: np.ndarray, harmonics: range = range(1, 8)) -> np.ndarray:
    """A harmonic tone; ``phase`` counts periods."""
    return sum(0.2 * np.sin(2 * np.pi * k * phase) / k for k in harmonics).astype(np.float32)


@pytest.mark.parametrize("hz", [70, 95, 140, 220, 330, 480])
def test_harmonic_tones_are_told_within_one_percent(hz: float) -> None:
    np.testing.assert_allclose(pitch_hz(buzz(hz * times()), N_FRAMES)[2:-2], hz, rtol=0.01)


def test_a_missing_fundamental_is_heard() -> None:
    pitch = pitch_hz(buzz(150 * times(), range(2, 7)), N_FRAMES)
    np.testing.assert_allclose(pitch[2:-2], 150, rtol=0.02)


def test_a_glide_is_followed_frame_by_frame() -> None:
    hz = 120 * 2 ** times()  # an octave up in a second
    pitch = pitch_hz(buzz(np.cumsum(hz) / SAMPLE_RATE), N_FRAMES)
    expected = 120 * 2 ** ((np.arange(N_FRAMES) + 0.5) * 0.02)
    np.testing.assert_allclose(pitch[2:-2], expected[2:-2], rtol=0.03)


def test_pitch_does_not_depend_on_loudness() -> None:
    tone = buzz(180 * times())
    np.testing.assert_allclose(pitch_hz(tone * 0.01, N_FRAMES), pitch_hz(tone, N_FRAMES), rtol=1e-3)


def test_noise_silence_and_what_follows_the_clip_are_unvoiced() -> None:
    noise = np.random.default_rng(0).normal(0, 0.2, SAMPLE_RATE).astype(np.float32)
    assert np.isnan(pitch_hz(noise, N_FRAMES)).mean() > 0.95
    assert np.isnan(pitch_hz(np.zeros(SAMPLE_RATE, np.float32), N_FRAMES)).all()
    assert np.isnan(pitch_hz(buzz(180 * times(0.5)), N_FRAMES)[27:]).all()


def test_only_the_voiced_half_has_a_pitch() -> None:
    clip = np.where(times() < 0.5, buzz(200 * times()), 0).astype(np.float32)
    voiced = ~np.isnan(pitch_hz(clip, N_FRAMES))
    assert voiced[1:24].all()
    assert not voiced[27:].any()


def test_long_clips_are_judged_as_short_ones() -> None:
    tone = buzz(160 * times(25))
    np.testing.assert_allclose(pitch_hz(tone, 1250)[2:-2], 160, rtol=0.01)


def test_speech_has_voiced_stretches_at_the_height_of_the_voice(tmp_path: Path) -> None:
    low, high = (speak(tmp_path / f"{pitch}.wav", pitch) for pitch in (10, 90))
    for pitch in (low, high):
        voiced = ~np.isnan(pitch)
        assert 0.3 < voiced.mean() < 0.9
        jumps = np.abs(np.diff(np.log2(pitch)))
        assert np.nanmean(jumps > 0.5) < 0.02  # hardly an octave error
    assert 60 < np.nanmedian(low) < np.nanmedian(high) < 300
    assert np.nanmedian(high) > 1.3 * np.nanmedian(low)


def speak(path: Path, pitch: int) -> np.ndarray:
    if not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is not installed")
    text = "Kids are talking by the door. Dogs are sitting by the door."
    subprocess.run(["espeak-ng", "-v", "en-us", "-p", str(pitch), "-w", path, text], check=True)
    samples = read_audio(path).samples
    return pitch_hz(samples, -(-len(samples) // 320))
