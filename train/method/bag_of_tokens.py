"""Logistic regression on the token histogram of a clip (all layers), and its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import hstack
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from audiotok.acoustics.functionals import Functionals
from audiotok.bag_of_tokens import BagOfTokens
from audiotok.vocabulary import Codes
from train.method.linear_fit import deviation, fit_linear, regression
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
        OneVsRestClassifier(regression(C)) if multi_label else regression(C),
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
    share_scale, read_scale = deviation(shares), deviation(read)
    # One penalty holds for all columns: those that it should spare are larger.
    read_scale = read_scale / np.sqrt(config.C_functionals / config.C)
    middle = read.mean(axis=0)
    columns = hstack([shares.multiply(1 / share_scale), (read - middle) / read_scale]).tocsr()
    coefficients, bias = fit_linear(
        columns, targets, config.C, multi_label=multi_label, weights=weights
    )
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
