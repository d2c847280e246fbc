"""scikit-learn's saga: the solver of the published selection, stopped at a number of passes."""

from __future__ import annotations

import warnings

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from train.method.class_rows import row_per_class
from train.method.lasso import LassoFit, Link, balanced_weights, duality_gap
from train.method.logistic_loss import Floats


def saga(
    X: sp.csr_matrix,
    targets: NDArray[np.int64],
    C: float,
    link: Link,
    seed: int,
    max_iter: int,
    weights: Floats | None = None,
) -> LassoFit:
    """Fit L1 logistic regression by saga, as the published code does, and return its duality gap.

    Parameters
    ----------
    X : sparse matrix of shape ``(n, d)``.
    targets : as for ``train.method.lasso.l1_logistic``; classes are balanced.
    max_iter : passes over the rows; running out of them warns.
    weights : of the rows, as for ``train.method.lasso.balanced_weights``.
    """
    columns = [targets] if link == "softmax" else list(targets.T)
    own = np.ones(targets.shape) if weights is None else weights
    fits = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for classes, counted in zip(columns, np.atleast_2d(own.T), strict=True):
            model = LogisticRegression(
                C=C,
                l1_ratio=1,
                solver="saga",
                max_iter=max_iter,
                class_weight="balanced",
                random_state=seed,
            )
            fits.append(model.fit(X, classes, counted))
    unconverged = [w for w in caught if issubclass(w.category, ConvergenceWarning)]
    for other in (w for w in caught if w not in unconverged):
        warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
    if unconverged:
        warnings.warn(
            f"saga stopped unconverged after {max_iter:,} passes at C={C:g}, so what it selects "
            "depends on where it stopped; raise max_iter, or solve to a gap with 'solver: gap'.",
            ConvergenceWarning,
            stacklevel=2,
        )
    coef = np.vstack([model.coef_ for model in fits])
    intercept = np.concatenate([model.intercept_ for model in fits])
    if link == "softmax":
        coef, intercept = row_per_class(coef, intercept)
    gap, relative_gap = duality_gap(
        X, targets, coef.T, C=C, link=link, sample_weight=balanced_weights(targets, link, own)
    )
    return LassoFit(
        coef.T,
        intercept,
        gap,
        relative_gap,
        n_iter=int(max(model.n_iter_.max() for model in fits)),
        converged=not unconverged,
    )
