"""Weights of training examples by their corpus: its size, and the labels that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Known = NDArray[np.bool_]


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


def known_labels(corpora: Sequence[str], targets: NDArray[np.int64]) -> dict[str, Known]:
    """Return, by corpus, which labels any of its examples has, each of shape ``(n_labels,)``.

    What a corpus never names, its examples cannot be said to lack: a label unknown to it is left
    out of what is learned from them, or a model would learn to tell corpora from one another.

    Parameters
    ----------
    corpora : name of each example's corpus.
    targets : zeros and ones, shape ``(n_examples, n_labels)``.
    """
    names = np.asarray(corpora)
    return {str(name): targets[names == name].any(axis=0) for name in np.unique(names)}


def label_weights(
    corpora: Sequence[str],
    known: Mapping[str, Known],
    balance: float,
    *,
    labelled: Known | bool = False,
    unnamed: float = 0.0,
) -> NDArray[np.float64]:
    """Return ``corpus_weights`` for each label, less where it is unknown to the corpus.

    Parameters
    ----------
    labelled : which examples have a label, shape ``(n_examples,)``.
    unnamed : factor of the weight of labelled examples for labels that their corpus never names;
        that of others is 0.

    Returns
    -------
    Shape ``(n_examples, n_labels)``.
    """
    is_known = np.stack([known[corpus] for corpus in corpora])
    share = unnamed * np.broadcast_to(labelled, len(is_known))
    return corpus_weights(corpora, balance)[:, None] * np.where(is_known, 1.0, share[:, None])
