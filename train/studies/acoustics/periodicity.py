"""How periodic a voice is: harmonics-to-noise ratio, cepstral peak prominence, jitter, shimmer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from audiotok.acoustics.measures import FRAME
from audiotok.acoustics.pitch import CEILING_HZ, FLOOR_HZ
from audiotok.audio import SAMPLE_RATE
from train.studies.acoustics.voice import Voice

Array = NDArray[np.float64]

N_FFT = 2048
OVERSAMPLING = 4  # of lags, so that the peak of a high voice is not missed between two samples
PERIOD_REACH = 0.15  # how far from the tracked period the peak may lie
CEPSTRUM_SMOOTHING = (3, 8)  # frames of 20 ms, and samples: 0.5 ms
TREND_FROM_S = 0.001  # of the cepstrum; below it is the vocal tract
LONGEST_PERIOD_RATIO = 1.3  # of neighbours; more is an error of the marks, as in Praat
LARGEST_AMPLITUDE_RATIO = 1.6
MARK_REACH = (0.75, 1.3)  # of a period, within which the next mark lies


def harmonicity_db(voice: Voice) -> Array:
    """Return the harmonics-to-noise ratio of each voiced frame in decibels (Boersma 1993).

    ``10 log10(r / (1 - r))`` of the autocorrelation ``r`` at the period, over the window's own.
    """
    if not len(voice.voiced):
        return np.zeros(0)
    shape = np.hanning(voice.windows.shape[1] + 2)[1:-1]
    windows = (voice.windows - voice.windows.mean(axis=1, keepdims=True)) * shape
    correlation = _autocorrelation(windows) / np.maximum(_autocorrelation(shape), 1e-6)
    lags = np.arange(correlation.shape[1]) / (OVERSAMPLING * SAMPLE_RATE)
    near = np.abs(lags * voice.hz[:, None] - 1) < PERIOD_REACH
    r = np.clip(np.where(near, correlation, 0).max(axis=1), 1e-4, 1 - 1e-5)
    return np.asarray(10 * np.log10(r / (1 - r)))


def _autocorrelation(windows: Array) -> Array:
    """Return it at lags of a quarter of a sample up to the longest period, over lag 0."""
    power = np.abs(np.fft.rfft(windows, N_FFT)) ** 2
    found = np.fft.irfft(power, OVERSAMPLING * N_FFT)
    found = found[..., : round(1.2 * OVERSAMPLING * SAMPLE_RATE / FLOOR_HZ)]
    return np.asarray(found / np.maximum(found[..., :1], 1e-20))


def cepstral_prominence_db(voice: Voice) -> Array:
    """Return the smoothed cepstral peak prominence of each voiced frame in decibels.

    The height of the peak of the power cepstrum between the longest and the shortest period above a
    line fitted to it (Hillenbrand & Houde 1996).
    """
    if not len(voice.voiced):
        return np.zeros(0)
    windows = voice.windows * np.hanning(voice.windows.shape[1])
    spectrum_db = 10 * np.log10(np.abs(np.fft.rfft(windows, N_FFT)) ** 2 + 1e-12)
    cepstrum = np.fft.irfft(spectrum_db - spectrum_db.mean(axis=1, keepdims=True)) ** 2
    smooth = uniform_filter1d(cepstrum, CEPSTRUM_SMOOTHING[0], axis=0, mode="nearest")
    smooth = uniform_filter1d(smooth, CEPSTRUM_SMOOTHING[1], axis=1, mode="nearest")
    first, last = round(TREND_FROM_S * SAMPLE_RATE), round(SAMPLE_RATE / FLOOR_HZ)
    level_db = 10 * np.log10(smooth[:, first : last + 1] + 1e-12)
    quefrency = np.arange(level_db.shape[1])
    slope, start = np.polyfit(quefrency, level_db.T, 1)
    above = level_db - (slope[:, None] * quefrency + start[:, None])
    return np.asarray(above[:, round(SAMPLE_RATE / CEILING_HZ) - first :].max(axis=1))


def jitter_and_shimmer(voice: Voice) -> tuple[float, float]:
    """Return local jitter and shimmer: mean change from one period to the next, over the mean.

    Of the periods' durations and of their amplitudes from trough to peak; pairs that differ by more
    than a factor of 1.3 and 1.6 are taken for errors. NaN where there are no two periods.
    """
    polarity = 1.0 if voice.samples.max() >= -voice.samples.min() else -1.0
    signal = polarity * voice.samples
    jumps, lengths, changes, heights = [], [], [], []
    for run in voice.runs:
        marks = _marks(signal, run, voice.pitch_hz[run])
        periods = np.diff(marks)
        amplitudes = np.array(
            [_height(signal, *pair) for pair in zip(marks, periods, strict=False)]
        )
        good = _alike(periods, LONGEST_PERIOD_RATIO)
        jumps += list(np.abs(np.diff(periods))[good])
        lengths += list(periods)
        both = good & _alike(amplitudes, LARGEST_AMPLITUDE_RATIO)
        changes += list(np.abs(np.diff(amplitudes))[both])
        heights += list(amplitudes)
    if not jumps or not changes:
        return np.nan, np.nan
    return float(np.mean(jumps) / np.mean(lengths)), float(np.mean(changes) / np.mean(heights))


def _alike(values: Array, ratio: float) -> NDArray[np.bool_]:
    """Return which neighbours differ by no more than a ratio, shape ``(n - 1,)``."""
    if len(values) < 2:
        return np.zeros(0, dtype=bool)
    pairs = np.sort(np.stack([values[:-1], values[1:]]), axis=0)
    return np.asarray(pairs[1] <= ratio * np.maximum(pairs[0], 1e-12))


def _height(signal: Array, mark: float, period: float) -> float:
    around = signal[max(0, round(mark - period / 2)) : round(mark + period / 2) + 1]
    return float(np.ptp(around)) if len(around) else 0.0


def _marks(signal: Array, run: NDArray[np.int64], hz: Array) -> Array:
    """Return the moments of a stretch's periods, in samples, by cross-correlation of neighbours."""
    start, end = int(run[0]) * FRAME, min(int(run[-1] + 1) * FRAME, len(signal))
    frames = (run + 0.5) * FRAME
    period = SAMPLE_RATE / float(np.interp(start, frames, hz))
    if end - start < 2 * period:
        return np.zeros(0)
    begin = start + int(period)  # so that half a period lies before the first mark
    marks = [float(begin + int(signal[begin : begin + round(period)].argmax()))]
    while True:
        at = marks[-1]
        period = SAMPLE_RATE / float(np.interp(at, frames, hz))
        step = _best_step(signal, at, period)
        if step is None or at + step >= end:
            return np.array(marks)
        marks.append(at + step)


def _best_step(signal: Array, at: float, period: float) -> float | None:
    """Return the step to where the sound around a mark comes again; None at an end."""
    half = round(period / 2)
    first, last = round(MARK_REACH[0] * period), round(MARK_REACH[1] * period)
    begin = round(at) - half
    if begin < 0 or begin + last + 2 * half + 1 > len(signal):
        return None
    template = signal[begin : begin + 2 * half + 1]
    heard = signal[begin + first : begin + last + 2 * half + 1]
    products = np.correlate(heard, template, mode="valid")
    energy = np.convolve(heard**2, np.ones(len(template)), mode="valid")
    alike = products / np.sqrt(np.maximum(energy, 1e-20))
    best = int(alike.argmax())
    shift = 0.0
    if 0 < best < len(alike) - 1:
        before, here, after = alike[best - 1 : best + 2]
        curvature = before - 2 * here + after
        shift = 0.5 * (before - after) / curvature if curvature < 0 else 0.0
    return first + best + shift
