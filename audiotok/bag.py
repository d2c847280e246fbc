"""All of a clip's tokens, counted: a linear reader beside the language model.

The language model reads the few selected tokens in their order. How often every token of every
layer sounds says something else of the voice, and costs next to nothing to read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.errors import BundleError
from audiotok.vocabulary import Codes

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Bag:
    """For each label a linear function of the shares that tokens have of a clip.

    Attributes
    ----------
    weights : shape ``(n_labels, n_layers, codebook_size)``.
    bias : shape ``(n_labels,)``.
    """

    weights: Array
    bias: Array

    def __post_init__(self) -> None:
        if self.weights.ndim != 3 or self.bias.shape != self.weights.shape[:1]:
            raise BundleError(
                f"The bag's weights, shape {self.weights.shape}, and its bias, shape "
                f"{self.bias.shape}, do not fit each other."
            )

    def mean_logits(self, hearings: Iterable[Codes]) -> Array:
        """Give the mean of what is said of several hearings of one clip, shape ``(n_labels,)``."""
        return np.mean([self.logits(codes) for codes in hearings], axis=0)

    def logits(self, codes: Codes) -> Array:
        """Give logits, shape ``(n_labels,)``, of codes of shape ``(n_layers, n_frames)``.

        The square root of a share keeps frequent tokens from drowning the others (Hellinger).
        """
        _, n_layers, codebook_size = self.weights.shape
        counts = np.zeros((n_layers, codebook_size))
        for layer, row in enumerate(codes):
            counts[layer] = np.bincount(row, minlength=codebook_size)
        shares = np.sqrt(counts / max(codes.size, 1))
        return np.asarray(np.tensordot(self.weights, shares, axes=2) + self.bias)
