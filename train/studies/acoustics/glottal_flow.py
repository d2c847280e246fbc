"""Of the flow through the glottis: H1–H2, and the normalised amplitude quotient."""

from __future__ import annotations

import librosa
import numpy as np
from numpy.typing import NDArray
from scipy.signal import detrend, lfilter

from audiotok.audio import SAMPLE_RATE
from train.studies.acoustics.voice import Voice

Array = NDArray[np.float64]

N_FFT = 8192
HARMONIC_REACH = 0.1  # of the pitch, within which a harmonic's peak lies
TRACT_ORDER, GLOTTIS_ORDER = 18, 4  # of linear prediction at 16 kHz
EDGE = 160  # samples of a window in which the filters begin and end
LEAK = 0.99  # of the integrator that undoes the radiation at the lips


def h1_h2_db(voice: Voice) -> Array:
    """Return by how much the first harmonic of each voiced frame exceeds the second, in decibels.

    Of the sound, not corrected for the first formant: high in a breathy voice, low in a pressed
    one, but raised where the pitch is close to the first formant.
    """
    if not len(voice.voiced):
        return np.zeros(0)
    windows = voice.windows * np.hanning(voice.windows.shape[1])
    level_db = 20 * np.log10(np.abs(np.fft.rfft(windows, N_FFT)) + 1e-9)
    hz = np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE)
    first, second = (
        np.where(
            np.abs(hz - number * voice.hz[:, None]) < HARMONIC_REACH * voice.hz[:, None],
            level_db,
            -np.inf,
        ).max(axis=1)
        for number in (1, 2)
    )
    return np.asarray(first - second)


def amplitude_quotients(voice: Voice) -> Array:
    """Return the normalised amplitude quotient of each voiced frame (Alku et al. 2002).

    The flow's amplitude over the largest negative peak of its derivative and the period: small
    where the glottis closes fast (pressed, loud), large where it closes slowly (breathy, soft). The
    flow is estimated by ``inverse_filtered``; phase distortion by rooms and lines changes it.
    """
    if not len(voice.voiced):
        return np.zeros(0)
    derivative = inverse_filtered(voice.windows)
    if np.mean(derivative[:, EDGE:-EDGE] ** 3) > 0:
        derivative = -derivative  # recorded with the other polarity: closing is the sharp peak
    flow = lfilter([1.0], [1.0, -LEAK], derivative, axis=1)
    periods = SAMPLE_RATE / voice.hz
    return np.array([_quotient(*parts) for parts in zip(flow, derivative, periods, strict=True)])


def _quotient(flow: Array, derivative: Array, period: float) -> float:
    """Return the quotient over the two periods in the middle of a frame."""
    middle = slice(round(len(flow) / 2 - period), round(len(flow) / 2 + period) + 1)
    peak = -float(derivative[middle].min())
    return float(np.ptp(detrend(flow[middle])) / (peak * period)) if peak > 0 else np.nan


def inverse_filtered(windows: Array) -> Array:
    """Return the derivative of the glottal flow by iterative adaptive inverse filtering.

    Alku (1992): the glottis's part of the spectrum is estimated, taken off, the vocal tract
    estimated from what is left, taken off the sound, and both once more.

    Parameters
    ----------
    windows : frames of sound, shape ``(n, n_window)``, which is also that of the result.
    """
    windows = windows - windows.mean(axis=1, keepdims=True)
    flattened = _without(windows, _prediction(windows, 1))
    tract = _prediction(flattened, TRACT_ORDER)
    glottis = _prediction(_integrated(_without(windows, tract)), GLOTTIS_ORDER)
    tract = _prediction(_integrated(_without(windows, glottis)), TRACT_ORDER)
    return _without(windows, tract)


def _prediction(windows: Array, order: int) -> Array:
    """Return coefficients of linear prediction, shape ``(n, order + 1)``."""
    shaped = windows * np.hanning(windows.shape[1])
    # A trace of one sample, so that a window of exact zeros is no error.
    shaped[:, shaped.shape[1] // 2] += 1e-9
    return np.asarray(librosa.lpc(shaped, order=order, axis=-1))


def _without(windows: Array, coefficients: Array) -> Array:
    """Filter each window by the inverse of its own prediction filter."""
    found = np.zeros_like(windows)
    for lag, of_lag in enumerate(coefficients.T):
        found[:, lag:] += of_lag[:, None] * windows[:, : windows.shape[1] - lag]
    return found


def _integrated(windows: Array) -> Array:
    return np.asarray(lfilter([1.0], [1.0, -LEAK], windows, axis=1))
