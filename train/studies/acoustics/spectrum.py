"""Shape of the spectrum of a voice: centroid, roll-off and formant spread."""

from __future__ import annotations

import librosa
import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly

from audiotok.acoustics.measures import FRAME
from audiotok.audio import SAMPLE_RATE
from train.studies.acoustics.voice import Voice, windows_around

Array = NDArray[np.float64]

FORMANT_RATE_HZ = 10_000  # four or five formants lie below half of it
FORMANT_ORDER = 12
FORMANT_WINDOW_S = 0.03
PRE_EMPHASIS = 0.97
LOWEST_HZ, HIGHEST_HZ, WIDEST_HZ = 90.0, 4_900.0, 500.0  # of formants, the last of their bandwidth
N_FORMANTS = 4
ROLL_OFF = 0.85


def centroid_and_roll_off_hz(voice: Voice) -> tuple[Array, Array]:
    """Return the spectral centroid and the 85 % roll-off of each voiced frame, by librosa."""
    if not len(voice.voiced):
        return np.zeros(0), np.zeros(0)
    spectrum = np.abs(np.fft.rfft(voice.windows * np.hanning(voice.windows.shape[1]))).T
    centroid = librosa.feature.spectral_centroid(S=spectrum, sr=SAMPLE_RATE)[0]
    roll_off = librosa.feature.spectral_rolloff(S=spectrum, sr=SAMPLE_RATE, roll_percent=ROLL_OFF)[
        0
    ]
    return centroid, roll_off


def formant_spread_hz(voice: Voice) -> Array:
    """Return the mean distance between the first four formants of each voiced frame (Fitch 1997).

    Formants are poles of linear prediction at 10 kHz with a bandwidth below 500 Hz; NaN where there
    are fewer than four.
    """
    if not len(voice.voiced):
        return np.zeros(0)
    slower = resample_poly(voice.samples, FORMANT_RATE_HZ, SAMPLE_RATE)
    emphasised = lfilter([1.0, -PRE_EMPHASIS], [1.0], slower)
    middles_s = (voice.voiced + 0.5) * FRAME / SAMPLE_RATE
    windows = windows_around(emphasised, middles_s, FORMANT_WINDOW_S, FORMANT_RATE_HZ)
    shaped = windows * np.hanning(windows.shape[1])
    shaped[:, shaped.shape[1] // 2] += 1e-9
    coefficients = librosa.lpc(shaped, order=FORMANT_ORDER, axis=-1)
    return np.array([_spread(poles) for poles in _poles(coefficients)])


def _poles(coefficients: Array) -> NDArray[np.complex128]:
    """Return the roots of each row's polynomial, which begins with 1, by companion matrices."""
    n_rows, order = len(coefficients), coefficients.shape[1] - 1
    companions = np.tile(np.eye(order, k=-1), (n_rows, 1, 1))
    companions[:, 0] = -coefficients[:, 1:]
    return np.asarray(np.linalg.eigvals(companions), dtype=np.complex128)


def _spread(poles: NDArray[np.complex128]) -> float:
    upper = poles[poles.imag > 0]
    hz = np.angle(upper) * FORMANT_RATE_HZ / (2 * np.pi)
    width_hz = -np.log(np.maximum(np.abs(upper), 1e-9)) * FORMANT_RATE_HZ / np.pi
    formants = np.sort(hz[(hz > LOWEST_HZ) & (hz < HIGHEST_HZ) & (width_hz < WIDEST_HZ)])
    if len(formants) < N_FORMANTS:
        return np.nan
    return float((formants[N_FORMANTS - 1] - formants[0]) / (N_FORMANTS - 1))
