import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import log_softmax, softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from audiotok.errors import DataError
from train.method.lasso import balanced_weights, duality_gap, l1_logistic
from train.method.logistic_loss import softmax_loss


def counts(n=150, d=12, seed=0):
    """Sparse counts scaled to unit variance, not centred, as selection gives them."""
    dense = np.random.default_rng(seed).poisson(0.6, (n, d)).astype(float)
    return sp.csr_matrix(dense / dense.std(axis=0))


def friendly():
    """A problem that saga solves too: centred columns, as it meets the intercept slowly."""
    dense = counts().toarray()
    return sp.csr_matrix(dense - dense.mean(axis=0))


def exclusive(X, n_classes=3, seed=1):
    """Classes that only the first few columns tell apart, of unequal size."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((X.shape[1], n_classes))
    truth[:4] = rng.normal(size=(4, n_classes))
    scores = X @ truth + rng.gumbel(size=(X.shape[0], n_classes))
    return (scores + 0.3 * np.arange(n_classes)).argmax(axis=1)


def objective(X, y, weight, coef, intercept):
    """The penalised loss; ``weight`` has C in it."""
    losses = -log_softmax(X @ coef + intercept, axis=1)[np.arange(len(y)), y]
    return weight @ losses + np.abs(coef).sum()


def reference(X, y, weight, C):
    model = LogisticRegression(l1_ratio=1, solver="saga", C=C, tol=1e-8, max_iter=5_000)
    return model.fit(X, y, sample_weight=weight)


def test_softmax_agrees_with_scikit_learn():
    X = friendly()
    y = exclusive(X)
    weight = balanced_weights(y)
    theirs = reference(X, y, weight, C=0.2)
    ours = l1_logistic(X, y, C=0.2, sample_weight=weight, tol=1e-9)
    assert ours.converged
    np.testing.assert_allclose(ours.coef, theirs.coef_.T, atol=1e-3)
    assert 0 < (ours.coef == 0).mean() < 1
    value = objective(X, y, 0.2 * weight, ours.coef, ours.intercept)
    their_value = objective(X, y, 0.2 * weight, theirs.coef_.T, theirs.intercept_)
    assert value == pytest.approx(their_value, rel=1e-6)


def test_two_exclusive_classes_are_the_binary_problem():
    X = friendly()
    y = exclusive(X, n_classes=2)
    theirs = reference(X, y, None, C=0.1)
    ours = l1_logistic(X, y, C=0.1, tol=1e-9)
    np.testing.assert_allclose(ours.coef[:, 1] - ours.coef[:, 0], theirs.coef_[0], atol=1e-3)


def test_sigmoid_agrees_with_scikit_learn_label_by_label():
    X = friendly()
    labels = np.stack([exclusive(X, 2, seed) for seed in (1, 2)], axis=1)
    weight = balanced_weights(labels, "sigmoid")
    ours = l1_logistic(X, labels, C=0.15, link="sigmoid", sample_weight=weight, tol=1e-9)
    for k in range(2):
        theirs = reference(X, labels[:, k], weight[:, k], C=0.15)
        np.testing.assert_allclose(ours.coef[:, k], theirs.coef_[0], atol=1e-3)
        np.testing.assert_allclose(ours.intercept[k], theirs.intercept_[0], atol=1e-3)


@pytest.mark.parametrize("max_iter", [1, 7, 20])
def test_the_gap_bounds_how_far_an_unfinished_fit_is_from_the_optimum(max_iter):
    X = counts(d=120)
    y = exclusive(X)
    weight = balanced_weights(y)
    best = l1_logistic(X, y, C=1.0, sample_weight=weight, tol=1e-8)
    least = objective(X, y, weight, best.coef, best.intercept)
    with pytest.warns(ConvergenceWarning, match="duality gap"):
        rough = l1_logistic(X, y, C=1.0, sample_weight=weight, tol=1e-8, max_iter=max_iter)
    value = objective(X, y, weight, rough.coef, rough.intercept)
    assert not rough.converged
    assert 0 < value - least <= rough.gap
    assert rough.relative_gap == pytest.approx(rough.gap / value)


def test_the_tolerance_is_reached_when_the_working_set_has_to_grow():
    X = counts(n=200, d=300)
    y = exclusive(X)
    fit = l1_logistic(X, y, C=2.0, tol=1e-6)
    assert fit.converged
    assert fit.relative_gap <= 1e-6
    assert fit.coef.any(axis=1).sum() > 100
    pull = 2.0 * X.T @ (softmax(X @ fit.coef + fit.intercept, axis=1) - np.eye(3)[y])
    assert np.abs(pull).max() == pytest.approx(1, abs=0.02)
    used = fit.coef != 0
    np.testing.assert_allclose(-pull[used], np.sign(fit.coef[used]), atol=0.05)


def test_the_intercept_is_optimal():
    X = counts()
    y = exclusive(X)
    fit = l1_logistic(X, y, C=0.05, sample_weight=balanced_weights(y))
    residual = softmax(X @ fit.coef + fit.intercept, axis=1) - np.eye(3)[y]
    np.testing.assert_allclose(balanced_weights(y) @ residual, 0, atol=1e-6)


def test_a_strong_penalty_leaves_the_class_shares_alone():
    X = counts()
    y = exclusive(X)
    fit = l1_logistic(X, y, C=1e-6)
    assert not fit.coef.any()
    assert fit.relative_gap < 1e-9
    np.testing.assert_allclose(softmax(fit.intercept), np.bincount(y) / len(y))


def test_a_warm_start_reaches_the_same_optimum_in_fewer_steps():
    X = counts(d=120)
    labels = np.stack([exclusive(X, 2, seed) for seed in (1, 2)], axis=1)
    for targets, link in ((exclusive(X), "softmax"), (labels, "sigmoid")):
        start = l1_logistic(X, targets, C=0.5, link=link).coef
        before = start.copy()
        cold = l1_logistic(X, targets, C=0.52, link=link, tol=1e-7)
        warm = l1_logistic(X, targets, C=0.52, link=link, tol=1e-7, coef_init=start)
        np.testing.assert_allclose(warm.coef, cold.coef, atol=5e-3)
        assert warm.n_iter < cold.n_iter
        np.testing.assert_array_equal(start, before)


def test_rows_of_no_weight_are_left_out_of_their_column():
    X = friendly()
    labels = np.stack([exclusive(X, 2, seed) for seed in (1, 2)], axis=1)
    kept = np.arange(len(labels)) % 3 > 0
    weights = np.stack([np.ones(len(labels)), 2.0 * kept], axis=1)
    balanced = balanced_weights(labels, "sigmoid", weights)
    np.testing.assert_allclose(
        balanced[kept, 1], 2 * balanced_weights(labels[kept], "sigmoid")[:, 1]
    )
    ours = l1_logistic(X, labels, C=0.15, link="sigmoid", sample_weight=balanced, tol=1e-9)
    alone = l1_logistic(
        X[kept], labels[kept], C=0.15, link="sigmoid", sample_weight=balanced[kept], tol=1e-9
    )
    np.testing.assert_allclose(ours.coef[:, 1], alone.coef[:, 1], atol=1e-5)


def test_balanced_weights_are_those_of_scikit_learn():
    y = np.array([0, 0, 0, 0, 1, 1])
    np.testing.assert_allclose(balanced_weights(y), [0.75] * 4 + [1.5] * 2)
    labels = np.array([[1, 0], [0, 1], [0, 1], [0, 1]])
    expected = [[2, 2], [2 / 3, 2 / 3], [2 / 3, 2 / 3], [2 / 3, 2 / 3]]
    np.testing.assert_allclose(balanced_weights(labels, "sigmoid"), expected)


@pytest.mark.parametrize(
    ("targets", "link"),
    [
        (np.zeros(4, int), "softmax"),
        (np.array([0, 2, 0, 2]), "softmax"),
        (np.array([[1], [1], [1], [1]]), "sigmoid"),
        (np.array([[1, 0], [0, 0], [1, 0], [0, 0]]), "sigmoid"),
        (np.array([0, 1]), "softmax"),
        (np.array([[0, 2]] * 4), "sigmoid"),
    ],
)
def test_targets_that_teach_nothing_are_refused(targets, link):
    with pytest.raises(DataError):
        l1_logistic(counts()[:4], targets, C=1.0, link=link)


def test_the_gap_of_what_another_solver_found_is_told():
    X = friendly()
    y = exclusive(X, n_classes=2)
    theirs = reference(X, y, None, C=0.1)
    # One row for two classes is as two whose difference it is.
    coef = np.hstack([np.maximum(-theirs.coef_.T, 0), np.maximum(theirs.coef_.T, 0)])
    assert 0 <= duality_gap(X, y, coef, C=0.1)[1] < 1e-5
    assert duality_gap(X, y, 0 * coef, C=0.1)[0] > 1
    for targets, link in ((y, "softmax"), (np.eye(2, dtype=int)[y], "sigmoid")):
        ours = l1_logistic(X, targets, C=0.1, link=link, tol=1e-3)
        found = duality_gap(X, targets, ours.coef, C=0.1, link=link)
        np.testing.assert_allclose(found, (ours.gap, ours.relative_gap), atol=5e-3)


def test_a_start_far_away_ends_at_the_same_optimum():
    """All probabilities are 0 or 1 there, and nothing is curved."""
    X = friendly()
    y = exclusive(X, n_classes=2)
    near = l1_logistic(X, y[:, None], C=1.0, link="sigmoid", tol=1e-9)
    start = near.coef + 300
    far = l1_logistic(X, y[:, None], C=1.0, link="sigmoid", tol=1e-9, coef_init=start)
    assert far.converged
    np.testing.assert_allclose(far.coef, near.coef, atol=1e-4)
    classes = exclusive(X)
    near = l1_logistic(X, classes, C=1.0, tol=1e-9)
    start = near.coef + np.array([0.0, 400.0, -400.0])
    far = l1_logistic(X, classes, C=1.0, tol=1e-9, coef_init=start)
    np.testing.assert_allclose(far.coef, near.coef, atol=1e-4)


def test_the_best_intercept_is_found_where_nothing_is_curved():
    loss = softmax_loss(np.array([0, 1, 2, 1]), np.ones(4))[0]
    logits = np.array([[900.0, 0, -900], [880, 0, -900], [910, 0, -880], [900, 0, -890]])
    _, intercept, p = loss.fit_intercept(logits, np.zeros(3))
    np.testing.assert_allclose(loss.residual(p).sum(axis=0), 0, atol=1e-9)
    assert np.isfinite(intercept).all()
