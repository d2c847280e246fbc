"""A clip's voiced frames, which most measures of a voice are taken from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audiotok.acoustics.measures import FRAME
from audiotok.acoustics.pitch import pitch_hz
from audiotok.audio import SAMPLE_RATE, Samples

Array = NDArray[np.float64]
WINDOW_S = 0.06  # four periods of a low voice


@dataclass(frozen=True)
class Voice:
    """A waveform with its pitch.

    Attributes
    ----------
    samples : shape ``(n_samples,)``, mono, 16 kHz.
    pitch_hz : of frames of 20 ms, shape ``(n_frames,)``; NaN where unvoiced.
    """

    samples: Array
    pitch_hz: Array

    @classmethod
    def of(cls, samples: Samples) -> Voice:
        """Track the pitch of a waveform."""
        return cls(samples.astype(np.float64), pitch_hz(samples, max(1, len(samples) // FRAME)))

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return len(self.samples) / SAMPLE_RATE

    @cached_property
    def voiced(self) -> NDArray[np.int64]:
        """Numbers of the voiced frames."""
        return np.flatnonzero(~np.isnan(self.pitch_hz))

    @cached_property
    def windows(self) -> Array:
        """Samples of 60 ms around the middle of each voiced frame, ``(n_voiced, 960)``."""
        return windows_around(self.samples, (self.voiced + 0.5) * FRAME / SAMPLE_RATE, WINDOW_S)

    @property
    def hz(self) -> Array:
        """Pitch of the voiced frames, shape ``(n_voiced,)``."""
        return self.pitch_hz[self.voiced]

    @cached_property
    def runs(self) -> list[NDArray[np.int64]]:
        """Stretches of voiced frames that follow each other, as their numbers."""
        if not len(self.voiced):
            return []
        return np.split(self.voiced, np.flatnonzero(np.diff(self.voiced) > 1) + 1)


def windows_around(
    samples: Array, middles_s: Array, window_s: float, rate_hz: int = SAMPLE_RATE
) -> Array:
    """Cut a window around each moment, shape ``(n, n_window)``; silence beyond the ends."""
    n_window = round(window_s * rate_hz)
    middles = np.round(np.asarray(middles_s) * rate_hz).astype(int)
    padded = np.pad(samples, n_window)
    starts = middles - n_window // 2 + n_window
    return np.asarray(padded[starts[:, None] + np.arange(n_window)])
