"""The regularisation path of a lasso: how sparse its fits are, and where each column enters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.method.lasso import LassoFit


@dataclass(frozen=True)
class PathPoint:
    """One fit on the regularisation path: its sparsity and its duality gap.

    Attributes
    ----------
    factor : its ``C`` over the configured one.
    n_nonzero : audio columns with a coefficient at all.
    n_tokens_per_layer : audio columns at or above the threshold, by 1-based layer.
    """

    factor: float
    C: float
    n_nonzero: int
    n_tokens_per_layer: dict[int, int]
    gap: float
    relative_gap: float
    converged: bool
    n_iter: int

    @property
    def n_tokens(self) -> int:
        return sum(self.n_tokens_per_layer.values())

    def as_dict(self) -> dict[str, Any]:
        return {"n_tokens": self.n_tokens, **vars(self)}


def strength(fit: LassoFit) -> NDArray[np.float64]:
    """Return the sum of the absolute coefficients of each column, shape ``(n_columns,)``."""
    return np.abs(fit.coef).sum(axis=1)


def entry_points(
    fits: Mapping[float, LassoFit], columns: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find where columns enter the path.

    Parameters
    ----------
    fits : by ``C``.
    columns : shape ``(n,)``.

    Returns
    -------
    For each column the smallest ``C`` at which it has a coefficient, NaN where it has none in any
    fit; and its place, from 1, in the order of entry and, among those that enter at the same
    ``C``, of the strength there. Both of shape ``(n,)``.
    """
    entries, strengths = np.full(len(columns), np.nan), np.zeros(len(columns))
    for C in sorted(fits):
        at = strength(fits[C])[columns]
        enters = np.isnan(entries) & (at > 0)
        entries[enters], strengths[enters] = C, at[enters]
    ranks = np.empty(len(columns), dtype=np.int64)
    ranks[np.lexsort((-strengths, entries))] = np.arange(1, len(columns) + 1)
    return entries, ranks
