"""Types of reading: sources, limits, excerpts, and the recording that results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000

Samples = NDArray[np.float32]
Pair = tuple[Any, Any]
Encoded = bytes | bytearray | memoryview
AudioSource = str | Path | Encoded | IO[bytes] | Pair | Mapping[str, Any] | None


@dataclass(frozen=True)
class Limits:
    """Shortest and longest duration in seconds and largest file in bytes; the app's by default."""

    min_s: float = 0.2
    max_s: float = 60.0
    max_bytes: int = 50_000_000


@dataclass(frozen=True)
class Excerpt:
    """The part of a file to read.

    Attributes
    ----------
    start_s, end_s : interval in seconds; None is the end of the file.
    first_channel : whether to read the first channel only, not the mean of all.
    """

    start_s: float = 0.0
    end_s: float | None = None
    first_channel: bool = False


WHOLE = Excerpt()


@dataclass(frozen=True)
class Recording:
    """A checked waveform.

    Attributes
    ----------
    samples : float32 array of shape ``(n_samples,)``, mono, 16 kHz, within -1..1, high-pass
        filtered at 40 Hz.
    notes : sentences about flaws such as clipping or a file cut short.
    """

    samples: Samples
    notes: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return len(self.samples) / SAMPLE_RATE
