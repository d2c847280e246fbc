"""Linear readers of a clip: L2 logistic regression for each label, from weighted clips."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from train.method.class_rows import row_per_class

Array = NDArray[np.float64]


def fit_linear(
    columns: Any,
    targets: NDArray[np.int64],
    C: float,
    *,
    multi_label: bool,
    weights: Array | None = None,
) -> tuple[Array, Array]:
    """Return coefficients, ``(n_labels, n_columns)``, and biases, ``(n_labels,)``.

    Parameters
    ----------
    columns : scaled features, dense or sparse, shape ``(n_clips, n_columns)``.
    targets : zeros and ones, shape ``(n_clips, n_labels)``; clips without a label are neutral, and
        speak for no exclusive label.
    C : inverse strength of the L2 penalty.
    weights : of the clips for each label, shape ``(n_clips, n_labels)``; None for equal ones.
        Exclusive labels take a clip's largest.
    """
    clip_weights = np.ones(targets.shape) if weights is None else weights
    fit = _fit_independent if multi_label else _fit_exclusive
    return fit(regression(C), columns, targets, clip_weights)


def regression(C: float) -> Any:
    """Return an unfitted L2 logistic regression whose classes weigh alike."""
    return LogisticRegression(C=C, class_weight="balanced", max_iter=300)


def deviation(columns: Any) -> Array:
    """Return each column's standard deviation, with 1 in place of 0."""
    scale = StandardScaler(with_mean=False).fit(columns).scale_ if columns.shape[1] else np.ones(0)
    return np.asarray(scale)


def _fit_exclusive(
    model: Any, columns: Any, targets: NDArray[np.int64], clip_weights: Array
) -> tuple[Array, Array]:
    """Fit a softmax; returns weights, ``(n_labels, n_columns)``, and biases, ``(n_labels,)``.

    A neutral clip counts for all labels in equal shares. Each label, and all neutral clips
    together, weigh alike.
    """
    labelled = targets.any(axis=1, keepdims=True)
    one_each = clip_weights.max(axis=1, keepdims=True) * np.hstack([targets, ~labelled])
    totals = one_each.sum(axis=0)
    heard = totals > 0
    one_each[:, heard] *= totals[:-1].mean() / totals[heard]
    shares = one_each[:, :-1] + one_each[:, -1:] / targets.shape[1]
    rows, classes = np.nonzero(shares)
    found = model.set_params(class_weight=None).fit(columns[rows], classes, shares[rows, classes])
    return row_per_class(found.coef_, found.intercept_)


def _fit_independent(
    model: Any, columns: Any, targets: NDArray[np.int64], clip_weights: Array
) -> tuple[Array, Array]:
    """The same by one sigmoid a label; labels of no or every clip get the bias of their odds."""
    counted = clip_weights > 0
    n_with, n_without = (counted * targets).sum(axis=0), (counted * (1 - targets)).sum(axis=0)
    n_without[~counted.any(axis=0)] = len(targets)  # what no clip tells of is seldom heard
    weights, bias = np.zeros((targets.shape[1], columns.shape[1])), np.log(n_with + 0.5)
    bias -= np.log(n_without + 0.5)
    for label in np.flatnonzero((n_with > 0) & (n_without > 0)):
        rows = np.flatnonzero(counted[:, label])
        found = model.fit(columns[rows], targets[rows, label], clip_weights[rows, label])
        weights[label], bias[label] = found.coef_[0], found.intercept_[0]
    return weights, bias
