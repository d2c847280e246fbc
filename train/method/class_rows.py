"""A row of coefficients for each of several exclusive classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def row_per_class(coef: Floats, intercept: Floats) -> tuple[Floats, Floats]:
    """Expand what scikit-learn learned of exclusive classes to one row a class.

    It keeps one row of two classes, which speaks for the second. Half of it for the second and half
    against the first give the same probabilities by softmax, and the same L1 norm.

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
