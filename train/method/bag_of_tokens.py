"""Logistic regression on the token histogram of a clip (all layers), and its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import hstack
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from audiotok.acoustics.functionals import Functionals
from audiotok.bag_of_tokens import BagOfTokens
from audiotok.vocabulary import Codes
from train.method.class_rows import row_per_class
from train.method.token_counts import count_tokens
from train.settings.steps import BagOfTokensConfig

Array = NDArray[np.float64]


def hellinger_shares(counts: Any) -> Any:
    """Square roots of L1-normalised rows (Hellinger map), ``(n_clips, n_tokens)``, sparse.

    They keep frequent tokens from dominating the others.
    """
    return np.sqrt(counts.multiply(1 / np.maximum(counts.sum(axis=1), 1)).tocsr())


def bag_model(C: float, *, multi_label: bool = False) -> Pipeline:
    """Return an unfitted L2 logistic regression on token counts, ``(n_clips, n_tokens)``.

    Parameters
    ----------
    C : inverse strength of the L2 penalty, on scaled columns.
    """
    return make_pipeline(
        FunctionTransformer(hellinger_shares, accept_sparse=True),
        StandardScaler(with_mean=False),
        OneVsRestClassifier(_regression(C)) if multi_label else _regression(C),
    )


def fit_bag(
    codes_list: Sequence[Codes],
    targets: NDArray[np.int64],
    config: BagOfTokensConfig,
    functionals: Functionals,
    *,
    multi_label: bool,
    weights: Array | None = None,
) -> BagOfTokens:
    """Fit logistic regression on token histograms and functionals of labelled clips.

    Parameters
    ----------
    codes_list : for each clip all codes of the codec, shape ``(n_layers, n_frames)``.
    targets : zeros and ones, shape ``(n_clips, n_labels)``; clips without a label are neutral:
        they give the mean logits of neutral voices, and speak for no exclusive label.
    functionals : statistics over frames of what the codes stand for, read beside the histogram.
    weights : of the clips for each label, shape ``(n_clips, n_labels)``; None for equal ones.
        Exclusive labels take a clip's largest.
    """
    n_layers, codebook_size = len(codes_list[0]), functionals.values.shape[1]
    shares = hellinger_shares(count_tokens(codes_list, range(1, n_layers + 1), codebook_size))
    read = np.stack([functionals(codes) for codes in codes_list])
    share_scale, read_scale = _deviation(shares), _deviation(read)
    # One penalty holds for all columns: those that it should spare are larger.
    read_scale = read_scale / np.sqrt(config.C_functionals / config.C)
    middle = read.mean(axis=0)
    columns = hstack([shares.multiply(1 / share_scale), (read - middle) / read_scale]).tocsr()
    fit = _fit_independent if multi_label else _fit_exclusive
    clip_weights = np.ones(targets.shape) if weights is None else weights
    coefficients, bias = fit(_regression(config.C), columns, targets, clip_weights)
    plain = np.zeros(len(bias))
    if (unlabelled := np.flatnonzero(~targets.any(axis=1))).size:
        plain = coefficients @ np.ravel(columns[unlabelled].mean(axis=0)) + bias
    of_shares, of_read = np.split(
        coefficients / np.r_[share_scale, read_scale], [shares.shape[1]], 1
    )
    return BagOfTokens(
        of_shares.reshape(len(bias), n_layers, codebook_size),
        bias - of_read @ middle,
        functionals,
        of_read,
        plain,
        config.reference_correction if unlabelled.size else 0.0,
    )


def _regression(C: float) -> Any:
    return LogisticRegression(C=C, class_weight="balanced", max_iter=300)


def _deviation(columns: Any) -> Array:
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
