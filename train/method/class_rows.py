"""Multinomial form of scikit-learn's logistic coefficients: one row a class, for two as well."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def row_per_class(coef: Floats, intercept: Floats) -> tuple[Floats, Floats]:
    """Expand scikit-learn's logistic coefficients to one row a class.

    For two classes it stores one row ``w``, the second's; ``(-w / 2, w / 2)`` gives the same
    probabilities by softmax, and the same L1 norm.

    Parameters
    ----------
    coef, intercept : as a fitted ``LogisticRegression`` has them: shapes ``(1, n_columns)`` and
        ``(1,)`` for two classes, ``(n_classes, n_columns)`` and ``(n_classes,)`` for more.

    Returns
    -------
    Both with ``n_classes`` rows.
    """
    if len(intercept) > 1:
        return coef, intercept
    return np.concatenate([-coef, coef]) / 2, np.concatenate([-intercept, intercept]) / 2
