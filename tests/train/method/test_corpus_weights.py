from __future__ import annotations

import numpy as np

from train.method.corpus_weights import corpus_weights, known_labels, label_weights

CORPORA = ["large"] * 90 + ["small"] * 10


def test_the_exponent_leads_from_equal_examples_to_equal_corpora() -> None:
    ratios = [corpus_weights(CORPORA, balance)[[90, 0]] for balance in (0.0, 0.5, 1.0)]
    np.testing.assert_allclose([small / large for small, large in ratios], [1, 3, 9])


def test_the_mean_weight_is_one() -> None:
    assert np.isclose(corpus_weights(CORPORA, 0.7).mean(), 1)
    assert corpus_weights([], 0.5).shape == (0,)


def test_a_label_counts_where_its_corpus_has_it() -> None:
    targets = np.array([[1, 0], [0, 0], [0, 1], [1, 0]])
    corpora = ["one", "one", "both", "both"]
    known = known_labels(corpora, targets)
    assert {name: labels.tolist() for name, labels in known.items()} == {
        "both": [True, True],
        "one": [True, False],
    }
    weights = label_weights(["one", "both", "both"], known, 1.0)
    np.testing.assert_allclose(weights, [[1.5, 0], [0.75, 0.75], [0.75, 0.75]])


def test_a_labelled_clip_counts_a_little_against_what_its_corpus_never_names() -> None:
    known = {"one": np.array([True, False]), "both": np.array([True, True])}
    labelled = np.array([True, False, True])
    weights = label_weights(["one", "one", "both"], known, 0.0, labelled=labelled, unnamed=0.3)
    np.testing.assert_allclose(weights, [[1, 0.3], [1, 0], [1, 1]])
