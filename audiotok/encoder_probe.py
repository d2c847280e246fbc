"""A linear probe (Alain & Bengio, 2016, arXiv:1610.01644) of a frozen speech encoder.

Every frame of a clip has a logit for each label, a linear function of the encoder's state there;
the logits of a clip are their means. So leaving out a moment leaves out what it told, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.errors import BundleError

Array = NDArray[np.float64]
FrameLogits = NDArray[np.float64]


@dataclass(frozen=True)
class EncoderProbe:
    """For each label a linear function of the mean state of a speech encoder.

    Attributes
    ----------
    weights : shape ``(n_labels, dimension)``.
    centre : mean state of training clips, shape ``(dimension,)``, at which frames say nothing.
    bias : shape ``(n_labels,)``.

    Raises
    ------
    BundleError
        When the shapes do not fit each other.
    """

    weights: Array
    centre: Array
    bias: Array

    def __post_init__(self) -> None:
        if self.weights.shape != (self.bias.size, self.centre.size):
            raise BundleError(
                f"The probe's weights, shape {self.weights.shape}, do not fit {self.bias.size} "
                f"labels and states of {self.centre.size} numbers."
            )

    def frame_logits(self, states: NDArray[np.floating], n_frames: int) -> FrameLogits:
        """Return what each frame of a clip adds to the bias, shape ``(n_labels, n_frames)``.

        Parameters
        ----------
        states : of the encoder, shape ``(n_states, dimension)``; where there are fewer than frames,
            the last one is repeated.
        """
        found = self.weights @ (np.asarray(states, np.float64) - self.centre).T
        return np.asarray(found[:, np.minimum(np.arange(n_frames), len(states) - 1)])

    def judge(self, variants: Sequence[FrameLogits]) -> Array:
        """Return the logits of one clip, shape ``(n_labels,)``.

        Parameters
        ----------
        variants : frames of the clip that its variants count, ``(n_labels, n_frames)`` each; their
            logits are averaged. A variant without frames says nothing.
        """
        means = [frames.mean(axis=1) for frames in variants if frames.size]
        return np.asarray(self.bias + (np.mean(means, axis=0) if means else 0.0))
