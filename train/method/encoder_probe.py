"""Fit the probe of the speech encoder: logistic regression on the mean state of a clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiotok.encoder_probe import EncoderProbe
from train.method.linear_fit import deviation, fit_linear
from train.settings.steps import EncoderProbeConfig

Array = NDArray[np.float64]


def fit_probe(
    states: Array,
    targets: NDArray[np.int64],
    config: EncoderProbeConfig,
    *,
    multi_label: bool,
    weights: Array | None = None,
) -> EncoderProbe:
    """Fit the probe on mean states of labelled clips.

    Parameters
    ----------
    states : mean over the frames in which something sounds, shape ``(n_clips, dimension)``.
    targets : zeros and ones, shape ``(n_clips, n_labels)``; clips without a label are neutral.
    weights : of the clips for each label, shape ``(n_clips, n_labels)``; None for equal ones.
    """
    scale, centre = deviation(states), states.mean(axis=0)
    coefficients, bias = fit_linear(
        (states - centre) / scale, targets, config.C, multi_label=multi_label, weights=weights
    )
    return EncoderProbe(coefficients / scale, centre, bias)
