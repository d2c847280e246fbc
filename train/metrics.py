"""Scores, as the field defines them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

Array = NDArray[np.float64]
Targets = NDArray[np.int64]


def top1_macro_f1(probabilities: Array, targets: Targets) -> float:
    """Macro-F1 of the largest probability, over the labels that occur.

    Parameters
    ----------
    probabilities, targets : shape ``(n, n_labels)``; only rows with exactly one label count.
    """
    kept = targets.sum(axis=1) == 1
    if not kept.any():
        return float("nan")
    truth, said = targets[kept].argmax(axis=1), probabilities[kept].argmax(axis=1)
    return float(f1_score(truth, said, labels=np.unique(truth), average="macro"))


def verdict_macro_f1(probabilities: Array, targets: Targets, thresholds: Array) -> float:
    """Macro-F1 of the verdict with *neutral* as a class of its own.

    The verdict is the largest of the probabilities that reach their thresholds, or neutral. Rows
    with several labels are left out.
    """
    kept = targets.sum(axis=1) <= 1
    n_labels = targets.shape[1]
    truth = np.where(targets.any(axis=1), targets.argmax(axis=1), n_labels)
    passing = np.where(probabilities >= thresholds, probabilities, -1.0)
    said = np.where(passing.max(axis=1) < 0, n_labels, passing.argmax(axis=1))
    labels = np.unique(truth[kept])
    return float(f1_score(truth[kept], said[kept], labels=labels, average="macro"))


def best_thresholds(probabilities: Array, targets: Targets) -> Array:
    """For each label the threshold with the best F1; shapes ``(n, n_labels)``."""
    grid = np.linspace(0.05, 0.95, 91)
    thresholds = []
    for said, truth in zip(probabilities.T, targets.T, strict=True):
        passing = said[:, None] >= grid
        hits = (passing & (truth[:, None] == 1)).sum(axis=0)
        f1 = 2 * hits / np.maximum(passing.sum(axis=0) + truth.sum(), 1)
        # Among equals the middle one: the first would sit at the edge of a gap.
        best = np.flatnonzero(f1 == f1.max())
        thresholds.append(grid[best[len(best) // 2]])
    return np.array(thresholds)


def calibration_error(probabilities: Array, targets: Targets, n_bins: int = 15) -> float:
    """Expected calibration error over all label probabilities, in equal bins."""
    said, truth = probabilities.ravel(), targets.ravel()
    bins = np.minimum((said * n_bins).astype(int), n_bins - 1)
    n = np.bincount(bins, minlength=n_bins)
    gap = np.abs(
        np.bincount(bins, weights=said, minlength=n_bins)
        - np.bincount(bins, weights=truth, minlength=n_bins)
    )
    return float(gap[n > 0].sum() / n.sum())
