"""Score reports: one a corpus and measure, by seed and for the mean over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from train.evaluation.metrics import Array, Measure, Targets

Report = dict[str, Any]


def over_seeds(found: Array, truth: Targets, measure: Measure) -> dict[str, float]:
    """Score each seed of ``(n_seeds, n, n_labels)``, and their mean probabilities (``bagged``)."""
    per_seed = [measure(probabilities, truth) for probabilities in found]
    return {
        "mean": float(np.mean(per_seed)),
        "deviation": float(np.std(per_seed)),
        "bagged": float(measure(found.mean(axis=0), truth)),
    }


def mean_score(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Average scores, name by name."""
    return {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}
