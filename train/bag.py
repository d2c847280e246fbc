"""Fits the linear reader of all tokens; the same model tells what a codec's layers hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from audiotok.bag import Bag
from audiotok.vocabulary import Codes
from train.select import count_tokens

Array = NDArray[np.float64]


def share_roots(counts: Any) -> Any:
    """Square roots of each row's shares (Hellinger): frequent tokens do not drown the others."""
    return np.sqrt(counts.multiply(1 / counts.sum(axis=1)).tocsr())


def bag_model(C: float, *, multi_label: bool = False) -> Pipeline:
    """Give an unfitted classifier of token counts, ``(n_clips, n_tokens)``.

    Parameters
    ----------
    C : inverse strength of the L2 penalty, on scaled columns.
    """
    regression = LogisticRegression(C=C, class_weight="balanced", max_iter=300)
    return make_pipeline(
        FunctionTransformer(share_roots, accept_sparse=True),
        StandardScaler(with_mean=False),
        OneVsRestClassifier(regression) if multi_label else regression,
    )


def fit_bag(
    codes_list: Sequence[Codes],
    targets: NDArray[np.int64],
    C: float,
    codebook_size: int,
    *,
    multi_label: bool,
    plain_share: float = 0.0,
) -> Bag:
    """Fit the reader of all tokens on clips; those without a label are the plain voices.

    Parameters
    ----------
    codes_list : for each clip all codes of the codec, shape ``(n_layers, n_frames)``.
    targets : zeros and ones, shape ``(n_clips, n_labels)``; clips without a label say nothing of
        exclusive ones.
    """
    n_layers, n_labels = len(codes_list[0]), targets.shape[1]
    model = bag_model(C, multi_label=multi_label)
    counts = count_tokens(codes_list, range(1, n_layers + 1), codebook_size)
    fit = _fit_independent if multi_label else _fit_exclusive
    weights, bias = fit(model, counts, targets)
    weights = weights / model[1].scale_
    plain = np.zeros(n_labels)
    if (unlabelled := np.flatnonzero(~targets.any(axis=1))).size:
        plain = weights @ np.ravel(model[0].transform(counts[unlabelled]).mean(axis=0)) + bias
    shape = (n_labels, n_layers, codebook_size)
    return Bag(weights.reshape(shape), bias, plain, plain_share if unlabelled.size else 0.0)


def _fit_exclusive(model: Pipeline, counts: Any, targets: NDArray[np.int64]) -> tuple[Array, Array]:
    """Give weights, ``(n_labels, n_tokens)``, and biases, of scaled columns."""
    labelled = np.flatnonzero(targets.any(axis=1))
    found = model.fit(counts[labelled], targets[labelled].argmax(axis=1))[-1]
    weights, bias = found.coef_, found.intercept_
    if len(bias) < targets.shape[1]:  # scikit-learn keeps one function of two exclusive labels
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return weights, bias


def _fit_independent(
    model: Pipeline, counts: Any, targets: NDArray[np.int64]
) -> tuple[Array, Array]:
    """The same; a label that no clip has, or every clip, weighs no token and keeps its odds."""
    n_with, n_without = targets.sum(axis=0), (1 - targets).sum(axis=0)
    weights, bias = np.zeros((targets.shape[1], counts.shape[1])), np.log(n_with + 0.5)
    bias -= np.log(n_without + 0.5)
    varies = (n_with > 0) & (n_without > 0)
    found = model.fit(counts, targets[:, varies])[-1].estimators_
    weights[varies] = np.concatenate([each.coef_ for each in found])
    bias[varies] = np.concatenate([each.intercept_ for each in found])
    return weights, bias
