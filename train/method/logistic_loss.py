"""Weighted logistic loss of the lasso: value, derivatives, and its dual objective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp, xlogy

from audiotok.errors import DataError

Floats = NDArray[np.float64]

UNTEACHABLE = (
    "A class or label is in none of the rows, or in all of them; there is nothing to learn."
)


@dataclass(frozen=True)
class Loss:
    """Weighted softmax cross-entropy; a sigmoid is the case of two classes, one logit at zero.

    Attributes
    ----------
    onehot : shape ``(n, n_classes)``.
    weight : weight of each row times C, shape ``(n, 1)``.
    n_free : logits that coefficients feed: ``n_classes``, or one less for a sigmoid.
    """

    onehot: Floats
    weight: Floats
    n_free: int

    def __post_init__(self) -> None:
        if not 0 < self.onehot.sum(axis=0).min() < len(self.onehot):
            raise DataError(UNTEACHABLE)

    def at(self, logits: Floats) -> tuple[float, Floats]:
        """Return loss and probabilities ``(n, n_classes)`` at logits ``(n, n_free)``."""
        full = np.zeros_like(self.onehot)
        full[:, : self.n_free] = logits
        full -= full.max(axis=1, keepdims=True)
        right = (full * self.onehot).sum(axis=1)
        np.exp(full, out=full)
        total = full.sum(axis=1)
        full /= total[:, None]
        return float(self.weight[:, 0] @ (np.log(total) - right)), full

    def residual(self, probabilities: Floats) -> Floats:
        """Derivative of the loss by the logits, shape ``(n, n_free)``."""
        return self.weight * (probabilities - self.onehot)[:, : self.n_free]

    def fit_intercept(self, logits: Floats, start: Floats) -> tuple[float, Floats, Floats]:
        """Find the best intercept by Newton steps: loss, intercept, probabilities there.

        Each column of the residual then sums to zero, which is what makes it a dual point. Where
        Newton's steps lead nowhere, such as where all probabilities are 0 or 1 and nothing is
        curved any more, steps of iterative scaling help (Darroch and Ratcliff 1972).
        """
        enough = 1e-13 * self.weight.sum()
        intercept, (value, p) = start, self.at(logits + start)
        last = np.inf
        for _ in range(100):
            gradient = self.residual(p).sum(axis=0)
            size = np.abs(gradient).max()
            if size <= enough:
                break
            step = self._newton_step(p, gradient)
            found = self.at(logits + intercept - step)
            if size > last / 2 or not found[0] <= value * (1 + 1e-12):
                step = self._scaling_step(logits + intercept)
                found = self.at(logits + intercept - step)
            intercept, (value, p), last = intercept - step, found, size
        return value, intercept, p

    def _newton_step(self, p: Floats, gradient: Floats) -> Floats:
        """Step of shape ``(n_free,)``; zeros where the curvature is too small to divide by."""
        weighted = self.weight * p
        hessian = (np.diag(weighted.sum(axis=0)) - p.T @ weighted)[: self.n_free, : self.n_free]
        step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        return np.asarray(step if np.isfinite(step).all() else np.zeros_like(step))

    def _scaling_step(self, logits: Floats) -> Floats:
        """Log of how many times too much weight each class gets, shape ``(n_free,)``."""
        full = np.zeros_like(self.onehot)
        full[:, : self.n_free] = logits
        given = logsumexp(log_softmax(full, axis=1), axis=0, b=self.weight)
        excess = given - np.log((self.weight * self.onehot).sum(axis=0))
        return np.asarray(excess if self.n_free == len(excess) else (excess - excess[-1])[:-1])

    def dual(self, probabilities: Floats, shrink: float) -> float:
        """Dual objective: entropy of the labels moved by ``shrink`` towards the probabilities."""
        moved = (1 - shrink) * self.onehot + shrink * probabilities
        return float(-(self.weight * xlogy(moved, moved)).sum())

    def curvature(self, move: Floats) -> float:
        """Bound the second derivative along a move of the logits, shape ``(n, n_free)``.

        It is a variance under the probabilities, so at most a quarter of the squared range; the
        free intercept takes away what all rows share.
        """
        move = move - (self.weight * move).sum(axis=0) / self.weight.sum()
        floor, top = move.min(axis=1), move.max(axis=1)
        if self.n_free < self.onehot.shape[1]:
            floor, top = np.minimum(floor, 0), np.maximum(top, 0)
        return float(self.weight[:, 0] @ (top - floor) ** 2 / 4)


def softmax_loss(classes: NDArray, weight: Floats) -> list[Loss]:
    """Return the loss of exclusive classes, from class numbers and row weights, both ``(n,)``."""
    if classes.ndim != 1 or not np.issubdtype(classes.dtype, np.integer) or classes.min() < 0:
        raise DataError("Softmax targets must be one class number per row.")
    if weight.ndim > 1:
        raise DataError("Softmax weights must be one number per row.")
    onehot = np.eye(int(classes.max()) + 1)[classes]
    return [Loss(onehot, np.broadcast_to(weight, len(classes))[:, None], onehot.shape[1])]


def sigmoid_losses(ones: NDArray, weight: Floats) -> list[Loss]:
    """Return one loss a label, from zeros and ones ``(n, K)``; weights ``(n,)`` or ``(n, K)``."""
    if ones.ndim != 2 or not np.isin(ones, (0, 1)).all():
        raise DataError("Sigmoid targets must be zeros and ones, one column per label.")
    weights = np.broadcast_to(weight[:, None] if weight.ndim == 1 else weight, ones.shape)
    return [
        Loss(np.stack([column, 1.0 - column], axis=1), per_row[:, None], 1)
        for column, per_row in zip(ones.T, weights.T, strict=True)
    ]
