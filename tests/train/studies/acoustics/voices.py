"""Made-up voices whose measures are known."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from audiotok.audio import SAMPLE_RATE

FORMANTS_HZ = (500.0, 1500.0, 2500.0, 3500.0)


def resonated(source: np.ndarray, formants_hz: tuple[float, ...] = FORMANTS_HZ) -> np.ndarray:
    """Sound that has gone through a vocal tract with these formants, 80 Hz wide each."""
    for hz in formants_hz:
        radius = np.exp(-np.pi * 80 / SAMPLE_RATE)
        angle = 2 * np.pi * hz / SAMPLE_RATE
        source = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], source)
    return scaled(source)


def scaled(sound: np.ndarray) -> np.ndarray:
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def glottal_flow(hz: float, closing: float, seconds: float = 1.0) -> np.ndarray:
    """Flow after Rosenberg (1971): it opens for 40 % of a period and closes within ``closing``."""
    phase = np.arange(int(seconds * SAMPLE_RATE)) * hz / SAMPLE_RATE % 1
    rises = 0.5 * (1 - np.cos(np.pi * phase / 0.4))
    falls = np.cos(np.pi / 2 * np.clip((phase - 0.4) / closing, 0, 1))
    return np.where(phase < 0.4, rises, np.where(phase < 0.4 + closing, falls, 0.0))


def clear(hz: float, seconds: float = 1.0, amplitudes: tuple[float, ...] = (1, 0.5, 0.3, 0.2)):
    at = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return sum(a * np.sin(2 * np.pi * (k + 1) * hz * at) for k, a in enumerate(amplitudes))


def noisy(sound: np.ndarray, ratio_db: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(size=len(sound))
    power = np.mean(sound**2) / 10 ** (ratio_db / 10)
    return scaled(sound + np.sqrt(power) * noise)


def pulses(periods: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Damped oscillations of 500 Hz, one a period, at moments between samples too."""
    starts = np.cumsum(periods)
    at = np.arange(int(starts[-1]) + 200, dtype=float)
    found = np.zeros(len(at))
    for start, height in zip(starts, heights, strict=True):
        since = (at - start) / SAMPLE_RATE
        heard = (since >= 0) & (since < 0.02)
        found[heard] += height * np.exp(-500 * since[heard]) * np.sin(1000 * np.pi * since[heard])
    return scaled(found)
