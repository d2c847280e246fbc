"""Bounds on rate, channels and duration, the same for every decoder."""

from __future__ import annotations

from audiotok.audio.recording import Limits
from audiotok.errors import AudioError
from audiotok.language import mark, say

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
MAX_CHANNELS = 32
MAX_SAMPLES_PER_S = 8 * MAX_RATE_HZ  # rate times channels: eight at 192 kHz, 32 at 48 kHz


def check_shape(rate_hz: int, n_channels: int) -> None:
    """Raise AudioError where rate or channels are out of bounds, before anything is decoded."""
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise AudioError(say("A sampling rate of {rate} Hz is outside 8 to 192 kHz.", rate=rate_hz))
    if n_channels > MAX_CHANNELS:
        raise AudioError(
            say(
                "The recording has {n} channels; at most {most} are read, so export one or two of "
                "them.",
                n=n_channels,
                most=MAX_CHANNELS,
            )
        )
    if rate_hz * n_channels > MAX_SAMPLES_PER_S:
        raise AudioError(
            say(
                "{n} channels at {rate} Hz are too much to read; export fewer channels or a lower "
                "rate.",
                n=n_channels,
                rate=rate_hz,
            )
        )


def too_long(duration_s: float, limits: Limits, at_least: bool = False) -> AudioError:
    """Return the error for a recording that is too long; ``at_least`` if it may be even longer."""
    told = (
        mark(
            "The recording lasts more than {seconds:.0f} s; at most {most:g} s are analysed, so "
            "cut it first."
        )
        if at_least
        else mark(
            "The recording lasts {seconds:.0f} s; at most {most:g} s are analysed, so cut it first."
        )
    )
    return AudioError(say(told, seconds=duration_s, most=limits.max_s))


def too_short(duration_s: float, limits: Limits) -> AudioError:
    """Return the error for a recording that is too short."""
    return AudioError(
        say(
            "The recording lasts {seconds:.2f} s; at least {least:g} s are needed.",
            seconds=duration_s,
            least=limits.min_s,
        )
    )
