"""Classification metrics, bootstrap intervals, and thresholds that maximise macro-F1."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

Array = NDArray[np.float64]
Targets = NDArray[np.int64]
Counts = NDArray[np.int64]
Measure = Callable[[Array, Targets], float]

THRESHOLDS = np.linspace(0.05, 0.95, 91)  # that are tried


def top1_macro_f1(probabilities: Array, targets: Targets) -> float:
    """Macro-F1 of the most probable label, over the labels that occur.

    Parameters
    ----------
    probabilities, targets : shape ``(n, n_labels)``; only rows with exactly one label count.
    """
    return _macro_f1(confusion(probabilities, targets))


def among_occurring(probabilities: Array, targets: Targets) -> Array:
    """Return probabilities with -1 for the labels that no row with exactly one label has.

    So a corpus of three emotions asks which of three. Shapes ``(..., n, n_labels)`` and
    ``(n, n_labels)``.
    """
    occurs = targets[targets.sum(axis=1) == 1].any(axis=0)
    return np.where(occurs, probabilities, -1.0)


def closed_set_macro_f1(probabilities: Array, targets: Targets) -> float:
    """Macro-F1 of the most probable of the labels that occur; parameters as ``top1_macro_f1``."""
    return top1_macro_f1(among_occurring(probabilities, targets), targets)


def macro_f1(probabilities: Array, targets: Targets) -> float:
    """Macro-F1 of the most probable label, over labels true or predicted, as scikit-learn's.

    Parameters
    ----------
    probabilities, targets : shape ``(n, n_labels)``.
    """
    said, truth = probabilities.argmax(axis=1), targets.argmax(axis=1)
    return float(f1_score(truth, said, average="macro", zero_division=0))


def confusion(probabilities: Array, targets: Targets) -> Counts:
    """Return the confusion matrix of the most probable label.

    Parameters
    ----------
    probabilities, targets : shape ``(n, n_labels)``; only rows with exactly one label count.

    Returns
    -------
    counts of shape ``(n_labels, n_labels)``, rows by true and columns by predicted label.
    """
    kept = targets.sum(axis=1) == 1
    truth, said = targets[kept].argmax(axis=1), probabilities[kept].argmax(axis=1)
    return _count_pairs(truth, said, targets.shape[1])


def verdict_macro_f1(probabilities: Array, targets: Targets, thresholds: Array) -> float:
    """Macro-F1 of the verdict with *neutral* as a class of its own.

    The verdict is the most probable label among those at or above their threshold, else neutral.
    Rows with several labels are left out.
    """
    kept = targets.sum(axis=1) <= 1
    n_labels = targets.shape[1]
    truth = np.where(targets.any(axis=1), targets.argmax(axis=1), n_labels)
    passing = np.where(probabilities >= thresholds, probabilities, -1.0)
    said = np.where(passing.max(axis=1) < 0, n_labels, passing.argmax(axis=1))
    return _macro_f1(_count_pairs(truth[kept], said[kept], n_labels + 1))


def positive_f1(probabilities: Array, targets: Targets) -> float:
    """F1 of the second of two exclusive labels, the positive class; shapes ``(n, 2)``."""
    said, truth = probabilities[:, 1] > probabilities[:, 0], targets[:, 1] == 1
    return _f1(said, truth)


def presence_macro_f1(probabilities: Array, targets: Targets) -> float:
    """Mean over labels of the F1 of presence, at threshold 0.5; shapes ``(n, n_labels)``."""
    said, truth = probabilities > 0.5, targets == 1
    return float(np.mean([_f1(s, t) for s, t in zip(said.T, truth.T, strict=True)]))


def presence_absence_macro_f1(probabilities: Array, targets: Targets) -> float:
    """Mean over labels of the F1 of presence and of absence; shapes ``(n, n_labels)``."""
    absence = presence_macro_f1(1 - probabilities, 1 - targets)
    return (presence_macro_f1(probabilities, targets) + absence) / 2


def per_label(
    probabilities: Array, targets: Targets, labels: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return precision, recall, F1 and the number of items of each label.

    Where every row has exactly one label, the most probable one is predicted; else all with a
    probability above 0.5.

    Parameters
    ----------
    probabilities, targets : shape ``(n, n_labels)``.
    """
    if (targets.sum(axis=1) == 1).all():
        said = np.eye(len(labels), dtype=bool)[probabilities.argmax(axis=1)]
    else:
        said = probabilities > 0.5
    truth = targets == 1
    hits = (said & truth).sum(axis=0)
    return {
        label: {
            "precision": float(hits[i] / max(1, said[:, i].sum())),
            "recall": float(hits[i] / max(1, truth[:, i].sum())),
            "f1": _f1(said[:, i], truth[:, i]),
            "n": int(truth[:, i].sum()),
        }
        for i, label in enumerate(labels)
    }


def bootstrap_interval(
    probabilities: Array,
    targets: Targets,
    measure: Measure,
    n_draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return a percentile bootstrap interval of a measure over clips (Efron 1979).

    Each draw takes ``n`` clips with replacement. Variation over speakers is not covered.

    Parameters
    ----------
    probabilities, targets : shape ``(n, n_labels)``.
    measure : a score of such two arrays. Draws for which it is NaN, since no row of theirs counts,
        are left out.
    level : share of the draws that lie inside.

    Returns
    -------
    the lower and the upper bound; NaN where no draw counts.
    """
    rng = np.random.default_rng(seed)
    n = len(targets)
    draws = (rng.integers(0, n, size=n) for _ in range(n_draws))
    found = np.array([measure(probabilities[rows], targets[rows]) for rows in draws])
    found = found[~np.isnan(found)]
    if not found.size:
        return float("nan"), float("nan")
    lower, upper = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)


def verdict_thresholds(score: Callable[[Array], float], n_labels: int, *, shared: bool) -> Array:
    """Return the thresholds ``(n_labels,)`` with the highest score, such as the verdict's macro-F1.

    First one for all labels, by grid search; unless ``shared``, coordinate ascent follows over the
    labels' own.

    Parameters
    ----------
    score : of thresholds ``(n_labels,)``; NaN, where nothing can be scored, counts as 0.
    """

    def best_of(tried: Array) -> tuple[float, Array]:
        scores = np.nan_to_num([score(row) for row in tried])
        # Among equals the middle one: the first would sit at the edge of a gap.
        best = np.flatnonzero(scores == scores.max())
        return float(scores.max()), tried[best[len(best) // 2]]

    highest, thresholds = best_of(np.tile(THRESHOLDS[:, None], n_labels))
    before = highest if shared else -1.0
    while highest > before:
        before = highest
        for label in range(n_labels):
            tried = np.tile(thresholds, (len(THRESHOLDS), 1))
            tried[:, label] = THRESHOLDS
            reached, moved = best_of(tried)
            if reached > highest:
                highest, thresholds = reached, moved
    return thresholds


def calibration_error(probabilities: Array, targets: Targets, n_bins: int = 15) -> float:
    """Expected calibration error over all label probabilities, in equal bins."""
    said, truth = probabilities.ravel(), targets.ravel()
    bins = np.minimum((said * n_bins).astype(int), n_bins - 1)
    n = np.bincount(bins, minlength=n_bins)
    gap = np.abs(
        np.bincount(bins, weights=said, minlength=n_bins)
        - np.bincount(bins, weights=truth, minlength=n_bins)
    )
    return float(gap[n > 0].sum() / n.sum())


def top_label_calibration_error(probabilities: Array, targets: Targets) -> float:
    """Expected calibration error of the most probable label alone, in 15 equal bins.

    Labels that are never likely do not dilute it (Gupta & Ramdas 2022, "Top-label calibration").
    """
    top = probabilities.argmax(axis=1)[:, None]
    return calibration_error(
        np.take_along_axis(probabilities, top, axis=1), np.take_along_axis(targets, top, axis=1)
    )


def _f1(said: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """F1 of one class; 0 where it is neither true nor predicted."""
    return float(2 * (said & truth).sum() / max(1, said.sum() + truth.sum()))


def _count_pairs(truth: Counts, said: Counts, n_classes: int) -> Counts:
    pairs = np.bincount(truth * n_classes + said, minlength=n_classes**2)
    return pairs.reshape(n_classes, n_classes)


def _macro_f1(counts: Counts) -> float:
    """Mean F1 of the classes that occur, from a confusion matrix: fast enough for a bootstrap."""
    n_true, n_said = counts.sum(axis=1), counts.sum(axis=0)
    occurs = n_true > 0
    if not occurs.any():
        return float("nan")
    return float((2 * counts.diagonal()[occurs] / (n_true + n_said)[occurs]).mean())


# By the names that configs use.
METRICS: dict[str, Measure] = {
    "macro_f1": macro_f1,
    "positive_f1": positive_f1,
    "presence_macro_f1": presence_macro_f1,
    "presence_absence_macro_f1": presence_absence_macro_f1,
}
