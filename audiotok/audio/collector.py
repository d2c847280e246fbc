"""Collect decoded blocks of any rate and number of channels, resampled to 16 kHz.

Blocks are resampled as they come, since a whole file at its own rate may not fit into memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import soxr

from audiotok.audio.bounds import check_shape
from audiotok.audio.channels import to_mono
from audiotok.audio.recording import SAMPLE_RATE, WHOLE, Excerpt, Limits, Samples
from audiotok.errors import AudioError
from audiotok.language import say

FULL_SCALE = 0.99  # the loudest 8-bit sample is 0.992
SILENCE_PEAK = 1e-4  # -80 dBFS: below it there is nothing but rounding noise


@dataclass
class _Stretch:
    """A part of a recording with one rate and number of channels, resampled to 16 kHz."""

    rate_hz: int
    n_channels: int
    n_frames: int = 0
    kept: bytearray = field(default_factory=bytearray)
    resampler: soxr.ResampleStream | None = None

    def __post_init__(self) -> None:
        if self.rate_hz != SAMPLE_RATE:
            self.resampler = soxr.ResampleStream(
                self.rate_hz, SAMPLE_RATE, self.n_channels, dtype="float32", quality="HQ"
            )

    def add(self, block: Samples) -> None:
        self.n_frames += len(block)
        self.kept += (self.resampler.resample_chunk(block) if self.resampler else block).tobytes()

    def end(self) -> None:
        if self.resampler and self.n_frames:
            nothing = np.zeros((0, self.n_channels), np.float32)
            self.kept += self.resampler.resample_chunk(nothing, last=True).tobytes()
        self.resampler = None

    @property
    def channels(self) -> Samples:
        return np.frombuffer(self.kept, np.float32).reshape(-1, self.n_channels)


class Collector:
    """Collects an excerpt of decoded audio, up to the longest duration that is allowed.

    Attributes
    ----------
    n_full_scale, n_values : number of samples at full scale, and of all, over all channels.
    """

    def __init__(self, limits: Limits, excerpt: Excerpt = WHOLE) -> None:
        self._excerpt, self._max_s = excerpt, limits.max_s
        self._stretches: list[_Stretch] = []
        self._began_s, self._n_since, self._rate_hz = 0.0, 0, SAMPLE_RATE
        self.n_full_scale = self.n_values = 0

    @property
    def heard_s(self) -> float:
        """Duration collected so far in seconds."""
        return sum(stretch.n_frames / stretch.rate_hz for stretch in self._stretches)

    @property
    def clock_s(self) -> float:
        """Position in the file, in seconds, after the last block."""
        return self._began_s + self._n_since / self._rate_hz

    def go_to(self, time_s: float) -> None:
        """Set the position in the file, in seconds, at which the next block begins."""
        self._began_s, self._n_since = time_s, 0

    @property
    def is_full(self) -> bool:
        """Whether decoding can stop: the excerpt has ended, or the recording is too long."""
        end_s = self._excerpt.end_s
        return self.is_too_long or (end_s is not None and self.clock_s >= end_s)

    @property
    def is_too_long(self) -> bool:
        """Whether more was collected than the longest duration allowed."""
        return self.heard_s > self._max_s

    def add(self, block: Samples, rate_hz: int) -> None:
        """Add the part of a block, shape ``(n_frames, n_channels)``, that is in the excerpt.

        Raises
        ------
        AudioError
            When its rate or number of channels is out of bounds, or a value is not finite.
        """
        check_shape(rate_hz, block.shape[1])
        if rate_hz != self._rate_hz:
            self.go_to(self.clock_s)
            self._rate_hz = rate_hz
        begin, end = self._bounds(len(block), rate_hz)
        self._n_since += len(block)
        wanted = block[begin:end, :1] if self._excerpt.first_channel else block[begin:end]
        if not wanted.size:
            return
        if not np.isfinite(wanted).all():
            raise AudioError(
                say("The recording holds values that are not numbers; export it again.")
            )
        self.n_full_scale += int((np.abs(wanted) >= FULL_SCALE).sum())
        self.n_values += wanted.size
        self._stretch(rate_hz, wanted.shape[1]).add(np.ascontiguousarray(wanted, np.float32))

    def _bounds(self, n_frames: int, rate_hz: int) -> tuple[int, int]:
        """Return the first frame and the end of the excerpt in the next block."""
        first = round((self._excerpt.start_s - self._began_s) * rate_hz) - self._n_since
        room = int((self._max_s - self.heard_s) * rate_hz) + rate_hz  # a second too much, to know
        end = n_frames
        if self._excerpt.end_s is not None:
            end = round((self._excerpt.end_s - self._began_s) * rate_hz) - self._n_since
        first = min(max(first, 0), n_frames)
        return first, max(first, min(end, n_frames, first + room))

    def _stretch(self, rate_hz: int, n_channels: int) -> _Stretch:
        last = self._stretches[-1] if self._stretches else None
        if last is None or (last.rate_hz, last.n_channels) != (rate_hz, n_channels):
            if last:
                last.end()
            self._stretches.append(last := _Stretch(rate_hz, n_channels))
        return last

    def mixed(self) -> tuple[Samples, list[str]]:
        """Return all that was collected as one channel at 16 kHz, with notes on the channels.

        No block can be added afterwards.
        """
        if self._stretches:
            self._stretches[-1].end()
        parts = [to_mono(stretch.channels) for stretch in self._stretches]
        notes = dict.fromkeys(note for _, note in parts if note)
        if not parts:
            return np.zeros(0, np.float32), []
        return np.concatenate([mono for mono, _ in parts]), list(notes)

    @property
    def is_silent(self) -> bool:
        """Whether the peak of every channel, without its offset, is below -80 dBFS."""
        spans = [np.ptp(s.channels, axis=0).max() for s in self._stretches if len(s.channels)]
        return not spans or max(spans) / 2 < SILENCE_PEAK
