"""What the tokens of a clip stand for, summed up: functionals, as voice research calls them.

A taught layer's code stands for measures: how far the pitch is from the speaker's own, how bright
the voice is, how open the mouth. A reader of single tokens must learn each code's part by itself; a
reader of their mean, deviation and change learns few numbers, which hold for other corpora too.
Energy is left out: how it comes and goes depends on the room and the microphone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.vocabulary import Codes

Array = NDArray[np.float64]

READ = ("content", "pitch", "quality")
N_STATISTICS = 3


@dataclass(frozen=True)
class Functionals:
    """Statistics of what some layers' tokens stand for.

    Attributes
    ----------
    layers : the 0-based layer that each column is read from, shape ``(n_columns,)``.
    values : what that layer's codes stand for, shape ``(n_columns, codebook_size)``.
    """

    layers: NDArray[np.int64]
    values: Array

    @classmethod
    def of_layers(cls, tables: Mapping[int, Array], codebook_size: int) -> Functionals:
        """Read layers, 0-based, whose codes stand for ``(codebook_size, n_columns)``."""
        layers = [np.full(table.shape[1], layer) for layer, table in tables.items()]
        return cls(
            np.concatenate([np.zeros(0, dtype=np.int64), *layers]),
            np.concatenate([np.zeros((0, codebook_size)), *(t.T for t in tables.values())]),
        )

    def __len__(self) -> int:
        return N_STATISTICS * len(self.layers)

    def __call__(self, codes: Codes) -> Array:
        """Give mean, deviation and mean change from frame to frame of every column.

        Parameters
        ----------
        codes : shape ``(n_layers, n_frames)``, of the frames that count.

        Returns
        -------
        Shape ``(3 * n_columns,)``; zeros for a clip without frames.
        """
        if not codes.size:
            return np.zeros(len(self))
        read = self.values[np.arange(len(self.layers))[:, None], codes[self.layers]]
        changes = np.abs(np.diff(read, axis=1)).sum(axis=1) / max(1, read.shape[1] - 1)
        return np.concatenate([read.mean(axis=1), read.std(axis=1), changes])
