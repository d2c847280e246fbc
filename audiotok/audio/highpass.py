"""High-pass filter at 40 Hz, against offset, rumble and wind noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt
from scipy.signal.windows import hann

from audiotok.audio.recording import SAMPLE_RATE, Samples

CUTOFF_HZ = 40.0  # below the lowest voices, which speak at 60 Hz and more
ORDER = 6
SETTLING = SAMPLE_RATE // 8  # samples at either end in which the filter settles

_SECTIONS = butter(ORDER, CUTOFF_HZ, "highpass", fs=SAMPLE_RATE, output="sos")


def without_rumble(mono: Samples) -> Samples:
    """Return a waveform, shape ``(n_samples,)``, 16 kHz, high-pass filtered at 40 Hz.

    The Butterworth filter of order 6 runs forwards and backwards, so its phase is zero. A constant
    offset is removed from the first sample on and has no effect on the result.
    """
    n_more = min(SETTLING, len(mono) - 1)
    if n_more < 1:
        return np.zeros_like(mono)
    continued = _continued(mono.astype(np.float64), n_more)
    filtered = sosfiltfilt(_SECTIONS, continued, padtype="even", padlen=n_more)
    return np.asarray(filtered[n_more:-n_more], dtype=np.float32)


def _continued(mono: NDArray[np.float64], n_more: int) -> NDArray[np.float64]:
    """Extend by ``n_more`` samples at either end: the mirror image, reflected about the level.

    The level is a Hann-weighted mean over ``n_more`` samples, to which a voice adds next to
    nothing. Point reflection about the last sample would make a step where a clip is cut in the
    middle of a period.
    """
    weights = hann(n_more + 2)[1:-1]
    weights /= weights.sum()
    first, last = mono[:n_more], mono[-n_more:]
    before = 2 * (weights @ first) - first[::-1]
    after = 2 * (weights @ last) - last[::-1]
    return np.concatenate([before, mono, after])
