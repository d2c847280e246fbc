from __future__ import annotations

import numpy as np
import pytest

from train.method.encoder_probe import fit_probe
from train.settings.steps import EncoderProbeConfig

CONFIG = EncoderProbeConfig(C=0.1)


def clips(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Mean states that lean one way for the first label, the other way for the second, neither
    for neutral clips, on a scale and about a middle of their own."""
    rng = np.random.default_rng(seed)
    moods = rng.integers(3, size=n)
    states = rng.normal(size=(n, 4))
    states[:, 1] += 3 * np.array([1, -1, 0])[moods]
    return states * [1, 0.01, 100, 1] + [5, 7, 0, -3], np.eye(3, dtype=int)[moods][:, :2]


@pytest.mark.parametrize("multi_label", [True, False])
def test_a_probe_tells_labels_of_unseen_clips_apart(multi_label: bool) -> None:
    probe = fit_probe(*clips(300), CONFIG, multi_label=multi_label)
    states, targets = clips(200, seed=1)
    labelled = targets.any(axis=1)
    said = np.stack([probe.judge([probe.frame_logits(state[None], 1)]) for state in states])
    right = said.argmax(axis=1) == targets.argmax(axis=1)
    assert right[labelled].mean() > 0.9


def test_clips_without_weight_teach_nothing() -> None:
    states, targets = clips(300)
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(100, 4)) * [1, 0.01, 100, 1] + [5, 7, 0, -3]
    more = np.concatenate([states, noise]), np.concatenate([targets, 1 - targets[:100]])
    weights = np.repeat([[1.0, 1.0], [0.0, 0.0]], [300, 100], axis=0)
    probe = fit_probe(*more, CONFIG, multi_label=True, weights=weights)
    alone = fit_probe(states, targets, CONFIG, multi_label=True)
    said, before = ((p.weights @ (states - p.centre).T).T + p.bias for p in (probe, alone))
    assert np.corrcoef(said.ravel(), before.ravel())[0, 1] > 0.99


def test_a_constant_state_is_no_division_by_nothing() -> None:
    states, targets = clips(100)
    states[:, 0] = 5.0
    assert np.isfinite(fit_probe(states, targets, CONFIG, multi_label=True).weights).all()
