"""Bounds on rate, channels and duration, the same for every decoder."""

from __future__ import annotations

from audiotok.audio.recording import Limits
from audiotok.errors import AudioError

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
MAX_CHANNELS = 32
MAX_SAMPLES_PER_S = 8 * MAX_RATE_HZ  # rate times channels: eight at 192 kHz, 32 at 48 kHz


def check_shape(rate_hz: int, n_channels: int) -> None:
    """Raise AudioError where rate or channels are out of bounds, before anything is decoded."""
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise AudioError(f"A sampling rate of {rate_hz} Hz is outside 8 to 192 kHz.")
    if n_channels > MAX_CHANNELS:
        raise AudioError(
            f"The recording has {n_channels} channels; at most {MAX_CHANNELS} are read, so "
            "export one or two of them."
        )
    if rate_hz * n_channels > MAX_SAMPLES_PER_S:
        raise AudioError(
            f"{n_channels} channels at {rate_hz} Hz are too much to read; export fewer channels "
            "or a lower rate."
        )


def too_long(duration_s: float, limits: Limits, at_least: bool = False) -> AudioError:
    """Return the error for a recording that is too long; ``at_least`` if it may be even longer."""
    lasts = "more than " if at_least else ""
    return AudioError(
        f"The recording lasts {lasts}{duration_s:.0f} s; at most {limits.max_s:g} s are analysed, "
        "so cut it first."
    )


def too_short(duration_s: float, limits: Limits) -> AudioError:
    """Return the error for a recording that is too short."""
    return AudioError(
        f"The recording lasts {duration_s:.2f} s; at least {limits.min_s:g} s are needed."
    )
