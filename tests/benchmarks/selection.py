"""How fast the lasso selects, beside the published way on the same counts.

``python -m tests.benchmarks.selection [--only afc|afd]`` draws counts of the size of MM-USED-
fallacy's training split and prints seconds, objectives and memory. The published way is dense
columns and scikit-learn's saga, stopped at 1,000 passes; it is only tried on AFC's size, since
dense columns of AFD's take more than the 4 GB that are the limit there.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings

import numpy as np
import scipy.sparse as sp
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from train.method.lasso import LassoFit, balanced_weights, l1_logistic
from train.method.saga import saga

N_AUDIO, N_WORDS = 7_168, 3_502
AFC_CLASSES = (0.55, 0.18, 0.12, 0.06, 0.05, 0.04)
AFC_ROWS, AFD_ROWS = 969, 13_400
AFC_C, PATH_VALUES = 0.02, 20
N_KEPT = 80
N_TELLING = 60  # columns that differ between classes


def draw(
    n_rows: int, density: float, shares: tuple[float, ...], seed: int = 0
) -> tuple[sp.csr_matrix, np.ndarray]:
    """Draw counts of audio tokens and words, some of which depend on the class.

    Returns
    -------
    counts of shape ``(n_rows, N_AUDIO + N_WORDS)`` and classes of shape ``(n_rows,)``.
    """
    rng = np.random.default_rng(seed)
    classes = rng.choice(len(shares), n_rows, p=np.array(shares) / sum(shares))
    # Zipf's law within the tokens, scaled until the wanted share of the counts is not zero.
    rates = 1 / np.arange(1, N_AUDIO + 1) ** 0.8
    rates = rng.permutation(rates / rates.mean())
    low, high = 0.0, 1e3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if (1 - np.exp(-middle * rates)).mean() < density else (low, middle)
        )
    columns = rng.choice(N_AUDIO, N_TELLING, replace=False)
    blocks = []
    for first in range(0, n_rows, 500):
        own = classes[first : first + 500]
        of_rows = np.tile(low * rates, (len(own), 1))
        of_rows[:, columns] *= np.where(columns % len(shares) == own[:, None], 3.0, 1.0)
        blocks.append(sp.csr_matrix(rng.poisson(of_rows), dtype=np.float64))
    words = sp.random(n_rows, N_WORDS, 0.006, "csr", random_state=seed)
    words.data[:] = 1
    return sp.hstack([sp.vstack(blocks), words], "csr"), classes


def scaled(counts: sp.csr_matrix) -> sp.csr_matrix:
    """TF-IDF, then columns of unit variance, not centred."""
    return make_pipeline(TfidfTransformer(), StandardScaler(with_mean=False)).fit_transform(counts)


def objective(
    X: sp.csr_matrix, y: np.ndarray, C: float, coef: np.ndarray, intercept: np.ndarray
) -> float:
    """Penalised loss with balanced weights, as both ways minimise it."""
    losses = -log_softmax(X @ coef + intercept, axis=1)[np.arange(len(y)), y]
    return float(C * balanced_weights(y) @ losses + np.abs(coef).sum())


def published_way(counts: sp.csr_matrix, y: np.ndarray, C: float) -> LogisticRegression:
    """Dense counts, and saga for at most 1,000 passes."""
    X = scaled(sp.csr_matrix(counts)).toarray()
    model = LogisticRegression(
        C=C, l1_ratio=1, solver="saga", max_iter=1000, class_weight="balanced", random_state=42
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def our_way(X: sp.csr_matrix, y: np.ndarray, C: float, start: LassoFit | None = None) -> LassoFit:
    """The solver as selection uses it."""
    return l1_logistic(
        X,
        y,
        C=C,
        sample_weight=balanced_weights(y),
        coef_init=None if start is None else start.coef,
    )


def n_kept(fit: LassoFit) -> int:
    """Audio columns that SelectFromModel would keep by the mean of all."""
    strength = np.abs(fit.coef).sum(axis=1)
    return int((strength[:N_AUDIO] >= max(strength.mean(), 1e-12)).sum())


def measure_afc() -> None:
    """Print both ways on AFC's size."""
    counts, y = draw(AFC_ROWS, 0.25, AFC_CLASSES)
    began = time.perf_counter()
    X = scaled(counts)
    ours = our_way(X, y, AFC_C)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    theirs = published_way(counts, y, AFC_C)
    their_seconds = time.perf_counter() - began
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        sparse = saga(X, y, AFC_C, "softmax", 42, 1000)
    sparse_seconds = time.perf_counter() - began
    value = objective(X, y, AFC_C, ours.coef, ours.intercept)
    their_value = objective(X, y, AFC_C, theirs.coef_.T, theirs.intercept_)
    print(f"AFC-sized, {X.shape[0]} x {X.shape[1]}, {len(AFC_CLASSES)} classes, C {AFC_C}")
    print(f"  ours       {seconds:8.2f} s  objective {value:.4f}  gap {ours.relative_gap:.1e}")
    print(f"  published  {their_seconds:8.2f} s  objective {their_value:.4f}")
    print(f"  sparse saga{sparse_seconds:8.2f} s  gap {sparse.relative_gap:.1e}")
    print(f"  ratio      {their_seconds / seconds:8.1f}")


def measure_afd() -> None:
    """Print our way on AFD's size: one fit, a path, and the memory of the process."""
    counts, y = draw(AFD_ROWS, 0.25, (0.88, 0.12))
    X = scaled(counts)
    values = np.geomspace(1e-3, 0.2, PATH_VALUES)
    began, fit, found = time.perf_counter(), None, []
    for C in values:
        fit = our_way(X, y, float(C), fit)
        found.append((abs(n_kept(fit) - N_KEPT), float(C), n_kept(fit)))
    path_seconds = time.perf_counter() - began
    _, C, kept = min(found)
    began = time.perf_counter()
    our_way(X, y, C)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"AFD-sized, {X.shape[0]} x {X.shape[1]}, density {counts.nnz / np.prod(counts.shape):.2f}"
    )
    print(f"  one fit at C {C:.2g}, {kept} tokens kept: {seconds:.1f} s")
    print(f"  path of {PATH_VALUES} values by warm starts: {path_seconds:.1f} s")
    print(f"  peak memory of the process: {peak:.1f} GB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("afc", "afd"))
    only = parser.parse_args().only
    if only != "afd":
        measure_afc()
    if only != "afc":
        measure_afd()
