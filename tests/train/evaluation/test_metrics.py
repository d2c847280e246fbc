from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn.metrics import f1_score

from train.evaluation.metrics import (
    among_occurring,
    bootstrap_interval,
    calibration_error,
    closed_set_macro_f1,
    confusion,
    macro_f1,
    top1_macro_f1,
    top_label_calibration_error,
    verdict_macro_f1,
    verdict_thresholds,
)


def one_hot(classes: list[int], n_labels: int) -> np.ndarray:
    """Class -1 is no label at all."""
    targets = np.zeros((len(classes), n_labels), dtype=np.int64)
    for row, label in enumerate(classes):
        if label >= 0:
            targets[row, label] = 1
    return targets


def thresholds_of(said: np.ndarray, targets: np.ndarray, *, shared: bool) -> np.ndarray:
    return verdict_thresholds(
        partial(verdict_macro_f1, said, targets), targets.shape[1], shared=shared
    )


def test_a_constant_guess_over_six_emotions_scores_a_twentieth() -> None:
    targets = one_hot([0, 1, 2, 3, 4, 5] * 10, 6)
    constant = np.tile([0.9, 0.1, 0.1, 0.1, 0.1, 0.1], (60, 1))
    assert top1_macro_f1(constant, targets) == pytest.approx(1 / 21)


def test_only_rows_with_one_label_and_labels_that_occur_count() -> None:
    targets = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0]])
    assert top1_macro_f1(np.array(targets, dtype=float), targets) == 1.0


def test_neutral_is_a_class_of_the_verdict() -> None:
    targets = one_hot([0, 0, 1, -1, -1], 2)
    said = np.array([[0.9, 0.0], [0.4, 0.0], [0.8, 0.9], [0.1, 0.1], [0.9, 0.1]])
    # truth 0 0 1 n n; said 0 n 1 n 0
    expected = np.mean([2 * 1 / (2 + 2), 1.0, 2 * 1 / (2 + 2)])
    assert verdict_macro_f1(said, targets, np.array([0.5, 0.5])) == pytest.approx(expected)


def test_thresholds_lie_between_what_they_part() -> None:
    targets = one_hot([0] * 20 + [-1] * 80, 1)
    said = np.concatenate([np.full(20, 0.4), np.full(80, 0.2)])[:, None]
    (threshold,) = thresholds_of(said, targets, shared=False)
    assert 0.25 < threshold < 0.35


def test_calibration_error_of_honest_and_of_overconfident_probabilities() -> None:
    rng = np.random.default_rng(0)
    said = rng.uniform(size=(20_000, 2))
    truth = (rng.uniform(size=said.shape) < said).astype(np.int64)
    assert calibration_error(said, truth) < 0.02
    assert calibration_error(np.full((100, 1), 0.99), one_hot([0, -1] * 50, 1)) == pytest.approx(
        0.49
    )


def test_macro_f1_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 5, 200)  # the sixth label never occurs, and is said all the same
    said = rng.uniform(size=(200, 6))
    expected = f1_score(truth, said.argmax(axis=1), labels=range(5), average="macro")
    assert top1_macro_f1(said, one_hot(list(truth), 6)) == pytest.approx(expected)


def test_a_label_that_is_only_said_counts_in_what_is_compared() -> None:
    """As in scikit-learn: two of three truths are met, and a label that never occurs is said."""
    found, truth = np.eye(4)[[0, 1, 3]], np.eye(4, dtype=np.int64)[[0, 1, 1]]
    assert macro_f1(found, truth) == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert top1_macro_f1(found, truth) == pytest.approx((1 + 2 / 3) / 2)


def test_among_three_emotions_no_fourth_is_said() -> None:
    truth = one_hot([0, 1, 2, 0], 6)
    said = np.tile([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], (4, 1))
    said[:3, :3] += np.eye(3)  # right where only three are asked for, but for the last
    assert closed_set_macro_f1(said, truth) == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    twice = np.stack([said, said])
    np.testing.assert_array_equal(among_occurring(twice, truth)[1], among_occurring(said, truth))


def test_confusion_has_truth_in_rows_and_leaves_out_what_has_no_single_label() -> None:
    targets = np.vstack([one_hot([0, 0, 1, -1], 3), [[1, 1, 0]]])
    said = np.eye(3)[[0, 2, 1, 0, 0]]
    assert confusion(said, targets).tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_an_interval_is_as_wide_as_the_standard_error_says() -> None:
    targets = one_hot([0] * 400, 1)
    said = (np.arange(400) < 300).astype(float)[:, None]

    def share(probabilities: np.ndarray, truth: np.ndarray) -> float:
        return float(probabilities.mean())

    lower, upper = bootstrap_interval(said, targets, share)
    error = np.sqrt(0.75 * 0.25 / 400)
    assert (lower, upper) == pytest.approx((0.75 - 1.96 * error, 0.75 + 1.96 * error), abs=0.005)
    narrow = bootstrap_interval(said, targets, share, level=0.5)
    assert lower < narrow[0] < 0.75 < narrow[1] < upper


def test_an_interval_holds_the_score_and_follows_its_seed() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 90)
    targets, said = one_hot(list(truth), 3), rng.uniform(size=(90, 3))
    said[np.arange(90), truth] += 0.3
    first, again, other = (
        bootstrap_interval(said, targets, top1_macro_f1, seed=s) for s in (0, 0, 1)
    )
    assert first[0] < top1_macro_f1(said, targets) < first[1]
    assert first == again != other


def test_draws_without_a_usable_row_are_left_out() -> None:
    targets, said = one_hot([0] + [-1] * 4, 2), np.tile([0.9, 0.1], (5, 1))
    assert bootstrap_interval(said, targets, top1_macro_f1, n_draws=100) == (1.0, 1.0)
    nothing = bootstrap_interval(said, one_hot([-1] * 5, 2), top1_macro_f1, n_draws=10)
    assert np.isnan(nothing).all()


def test_labels_get_a_threshold_each_unless_they_share_one() -> None:
    rng = np.random.default_rng(0)
    targets = one_hot(rng.integers(-1, 2, 400), 2)
    said = np.clip(0.3 * targets + rng.uniform(0.1, 0.6, targets.shape) * [1.0, 0.5], 0, 1)
    shared = thresholds_of(said, targets, shared=True)
    each = thresholds_of(said, targets, shared=False)
    assert shared[0] == shared[1] > each[1] < each[0]
    assert verdict_macro_f1(said, targets, each) > verdict_macro_f1(said, targets, shared)
    # Where every row has several labels there is no verdict to choose by.
    assert thresholds_of(said, np.ones_like(targets), shared=False) == pytest.approx(0.5)


def test_labels_that_are_never_likely_do_not_dilute_the_top_labels_calibration() -> None:
    probabilities = np.tile([0.9, 0.0, 0.0, 0.0], (10, 1))
    targets = np.zeros((10, 4), dtype=int)
    targets[:4, 0] = 1
    assert calibration_error(probabilities, targets) == pytest.approx(0.125)
    assert top_label_calibration_error(probabilities, targets) == pytest.approx(0.5)
