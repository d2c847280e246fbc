from __future__ import annotations

import numpy as np

from train.method.corpus_weights import corpus_weights

CORPORA = ["large"] * 90 + ["small"] * 10


def test_the_exponent_leads_from_equal_examples_to_equal_corpora() -> None:
    ratios = [corpus_weights(CORPORA, balance)[[90, 0]] for balance in (0.0, 0.5, 1.0)]
    np.testing.assert_allclose([small / large for small, large in ratios], [1, 3, 9])


def test_the_mean_weight_is_one() -> None:
    assert np.isclose(corpus_weights(CORPORA, 0.7).mean(), 1)
    assert corpus_weights([], 0.5).shape == (0,)
