"""What nobody hears goes before anything is measured: a constant offset, rumble, wind."""

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
    """Take out what lies below 40 Hz, shape ``(n_samples,)`` at 16 kHz.

    The Butterworth filter goes forwards and backwards, so no formant or onset moves in time. An
    offset is gone from the very first sample, and what it leaves does not depend on it.
    """
    n_more = min(SETTLING, len(mono) - 1)
    if n_more < 1:
        return np.zeros_like(mono)
    continued = _continued(mono.astype(np.float64), n_more)
    filtered = sosfiltfilt(_SECTIONS, continued, padtype="even", padlen=n_more)
    return np.asarray(filtered[n_more:-n_more], dtype=np.float32)


def _continued(mono: NDArray[np.float64], n_more: int) -> NDArray[np.float64]:
    """Add ``n_more`` samples at either end, the mirror image turned about the level there.

    The level is a mean that hardly sees a voice, even one that is cut in the middle of a period.
    The plain point reflection about the last sample would make a step of such a cut.
    """
    weights = hann(n_more + 2)[1:-1]
    weights /= weights.sum()
    first, last = mono[:n_more], mono[-n_more:]
    before = 2 * (weights @ first) - first[::-1]
    after = 2 * (weights @ last) - last[::-1]
    return np.concatenate([before, mono, after])
