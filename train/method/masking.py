"""Masking of audio positions, for masked-token modelling in pre-training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiotok.sequence import N_MARKERS

IGNORED = -100  # what is not to be guessed
Ids = NDArray[np.int64]


@dataclass
class MaskedSequences(Sequence[dict[str, Ids]]):
    """Sequences in which a share of the audio positions, at least one, is masked.

    What is masked depends on seed, epoch and item alone: a run that goes on after a kill masks as
    an unbroken one does, and sequences whose epoch never changes are always masked alike.

    Parameters
    ----------
    sequences : ids, each of shape ``(n_positions,)``.
    first_row : id of the first marker; audio tokens come behind the markers.
    """

    sequences: Sequence[Ids]
    first_row: int
    mask_id: int
    rate: float
    seed: int
    epoch: int = 0

    def set_epoch(self, epoch: int) -> None:
        """Draw new masks for an epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.sequences)

    def __getitem__(self, index: Any) -> Any:
        """Return ``input_ids`` and ``labels`` (audio token numbers, else -100), ``(n,)`` each."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        ids = self.sequences[index]
        draws = np.random.default_rng([self.seed, self.epoch, index]).random(len(ids))
        draws[ids < self.first_row + N_MARKERS] = np.inf
        lowest = draws.min(initial=np.inf)
        hidden = np.isfinite(draws) & (draws < max(self.rate, np.nextafter(lowest, np.inf)))
        return {
            "input_ids": np.where(hidden, self.mask_id, ids),
            "labels": np.where(hidden, ids - self.first_row - N_MARKERS, IGNORED),
        }
