"""Weights of training examples by the size of their corpus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def corpus_weights(corpora: Sequence[str], balance: float) -> NDArray[np.float64]:
    """Return a weight for each example, inverse to its corpus's size, with a mean of 1.

    Parameters
    ----------
    corpora : name of each example's corpus.
    balance : exponent: with 0 every example counts alike, with 1 every corpus does.

    Returns
    -------
    Shape ``(n_examples,)``.
    """
    if not len(corpora):
        return np.ones(0)
    _, which, sizes = np.unique(corpora, return_inverse=True, return_counts=True)
    weights = (1.0 / sizes[which]) ** balance
    return np.asarray(weights / weights.mean())
