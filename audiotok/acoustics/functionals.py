"""Functionals of a clip: statistics over frames of the acoustic measures that its codes stand for.

The codes of a taught layer stand for measures such as the pitch relative to the speaker's own. A
linear classifier of token counts has a weight for each code; one of their mean, deviation and
change has few, which generalise to other corpora. Energy is left out, since its course depends on
the room and the microphone. The term is that of Eyben et al. (2016).
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
    """Mean, deviation and change of the measures that the codes of some layers stand for.

    Attributes
    ----------
    layers : for each measure its 0-based layer, shape ``(n_columns,)``.
    values : for each measure its value by code, shape ``(n_columns, codebook_size)``.
    """

    layers: NDArray[np.int64]
    values: Array

    @classmethod
    def of_layers(cls, tables: Mapping[int, Array], codebook_size: int) -> Functionals:
        """Return the functionals of layers, 0-based, with values ``(codebook_size, n_columns)``."""
        layers = [np.full(table.shape[1], layer) for layer, table in tables.items()]
        return cls(
            np.concatenate([np.zeros(0, dtype=np.int64), *layers]),
            np.concatenate([np.zeros((0, codebook_size)), *(t.T for t in tables.values())]),
        )

    def __len__(self) -> int:
        return N_STATISTICS * len(self.layers)

    def __call__(self, codes: Codes) -> Array:
        """Return mean, standard deviation and mean absolute change between frames of each measure.

        Parameters
        ----------
        codes : shape ``(n_layers, n_frames)``, without silent frames.

        Returns
        -------
        Shape ``(3 * n_columns,)``; zeros for a clip without frames.
        """
        if not codes.size:
            return np.zeros(len(self))
        measures = self.values[np.arange(len(self.layers))[:, None], codes[self.layers]]
        changes = np.abs(np.diff(measures, axis=1)).sum(axis=1) / max(1, measures.shape[1] - 1)
        return np.concatenate([measures.mean(axis=1), measures.std(axis=1), changes])
