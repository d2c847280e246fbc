from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from train.method.class_rows import row_per_class


@pytest.mark.parametrize("n_classes", [2, 3])
def test_rows_of_classes_give_the_probabilities_of_the_model(n_classes) -> None:
    rng = np.random.default_rng(0)
    columns, classes = rng.normal(size=(40, 5)), np.arange(40) % n_classes
    model = LogisticRegression().fit(columns + classes[:, None], classes)
    coef, intercept = row_per_class(model.coef_, model.intercept_)
    assert coef.shape == (n_classes, 5)
    found = softmax(columns @ coef.T + intercept, axis=1)
    np.testing.assert_allclose(found, model.predict_proba(columns), atol=1e-9)
    assert np.abs(coef).sum() == pytest.approx(np.abs(model.coef_).sum())
