"""Mix several channels down to one: their mean, unless they cancel each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiotok.audio.recording import SAMPLE_RATE, Samples
from audiotok.language import say

WINDOW = SAMPLE_RATE // 2
# The power of the mean of c channels is their summed power / c**2 where they have nothing to do
# with each other, more where they agree. With less than half of that, they cancel each other.
CANCELLED_SHARE = 0.5
# A stereo image cancels itself here and there; a plug of wrong polarity does all the time.
CANCELLED_ENERGY = 0.2
EQUAL = 0.01  # share of its energy by which a channel may be quieter and count as loud as another


def to_mono(channels: Samples) -> tuple[Samples, str | None]:
    """Return the mean of channels ``(n_samples, n_channels)``, shape ``(n_samples,)``, and a note.

    Where the channels are out of phase for more than a fifth of their energy, their mean would be
    too quiet, so the channel of most energy is returned, and the note says so; else it is None.
    """
    n_channels = channels.shape[1]
    if n_channels == 1:
        return channels[:, 0], None
    mean = channels.mean(axis=1)
    cancelled, energies = _cancelled(channels, mean)
    if cancelled <= CANCELLED_ENERGY:
        return mean, None
    loudest = int(np.argmax(energies > (1 - EQUAL) * energies.max()))  # the first of equals
    note = say(
        "The channels of the recording are out of phase and cancel each other, so only channel "
        "{channel} of {n} was heard.",
        channel=loudest + 1,
        n=n_channels,
    )
    return channels[:, loudest].copy(), note


def _cancelled(channels: Samples, mean: Samples) -> tuple[float, NDArray[np.float64]]:
    """Return the share of the energy in windows that cancel, and each channel's energy."""
    n_channels = channels.shape[1]
    energies = np.zeros(n_channels)
    lost = 0.0
    for start in range(0, len(channels), WINDOW):
        window = channels[start : start + WINDOW]
        energy = window.var(axis=0, dtype=np.float64) * len(window)  # an offset is no sound
        mixed = float(mean[start : start + WINDOW].var(dtype=np.float64)) * len(window)
        if mixed < CANCELLED_SHARE * energy.sum() / n_channels**2:
            lost += float(energy.sum())
        energies += energy
    total = float(energies.sum())
    return (lost / total if total else 0.0), energies
