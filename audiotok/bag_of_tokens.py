"""All of a clip's tokens, counted and summed up: a linear reader beside the language model.

The language model reads the few selected tokens in their order. How often every token of every
layer sounds, and what they stand for on the whole, says something else of the voice, and costs next
to nothing to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audiotok.acoustics.functionals import Functionals
from audiotok.errors import BundleError
from audiotok.vocabulary import Codes

Array = NDArray[np.float64]


def count_codes(codes: Codes, codebook_size: int) -> NDArray[np.int64]:
    """Count how often each code of each layer sounds.

    Parameters
    ----------
    codes : shape ``(n_layers, n_frames)``, each from 0 to ``codebook_size - 1``.

    Returns
    -------
    Shape ``(n_layers, codebook_size)``.
    """
    counts = [np.bincount(layer, minlength=codebook_size) for layer in codes]
    return np.array(counts, dtype=np.int64).reshape(len(codes), codebook_size)


@dataclass(frozen=True)
class BagOfTokens:
    """For each label a linear function of the tokens' shares of a clip, and of their functionals.

    Attributes
    ----------
    weights : of the shares, shape ``(n_labels, n_layers, codebook_size)``.
    bias : shape ``(n_labels,)``.
    functionals : what is read of the tokens beside their shares.
    functional_weights : shape ``(n_labels, n_functionals)``.
    plain : what it says of plain voices on average, shape ``(n_labels,)``.
    reference_correction : how much of what it says of a speaker's own plain voice beyond that is
        taken off: a habit of the speaker, the microphone or the language.
    """

    weights: Array
    bias: Array
    functionals: Functionals
    functional_weights: Array
    plain: Array = field(default_factory=lambda: np.zeros(1))
    reference_correction: float = 0.0

    def __post_init__(self) -> None:
        if self.weights.ndim != 3 or not self._fits:
            raise BundleError(
                f"The bag's weights, shapes {self.weights.shape} and "
                f"{self.functional_weights.shape}, its bias, shape {self.bias.shape}, and its "
                f"{len(self.functionals)} functionals do not fit each other."
            )

    @property
    def _fits(self) -> bool:
        n_labels, n_layers, codebook_size = self.weights.shape
        read = self.functionals
        return (
            self.bias.shape == (n_labels,)
            and self.plain.size in (1, n_labels)
            and self.functional_weights.shape == (n_labels, len(read))
            and read.values.shape == (len(read.layers), codebook_size)
            and set(read.layers) <= set(range(n_layers))
        )

    def judge(self, hearings: Sequence[Codes], references: Sequence[Codes] = ()) -> Array:
        """Give logits, shape ``(n_labels,)``, of one clip.

        Parameters
        ----------
        hearings : the clip's codes, alone or relative; what is said of each is averaged.
        references : codes of the speaker's plain voice, none of them relative.
        """
        said = self._mean_logits(hearings)
        if not references:
            return said
        return said - self.reference_correction * (self._mean_logits(references) - self.plain)

    def _mean_logits(self, clips: Sequence[Codes]) -> Array:
        return np.asarray(np.mean([self.logits(codes) for codes in clips], axis=0))

    def logits(self, codes: Codes) -> Array:
        """Give logits, shape ``(n_labels,)``, of codes of shape ``(n_layers, n_frames)``.

        The square root of a share keeps frequent tokens from drowning the others (Hellinger).
        """
        _, n_layers, codebook_size = self.weights.shape
        counts = np.zeros((n_layers, codebook_size))
        counts[: len(codes)] = count_codes(codes, codebook_size)
        shares = np.sqrt(counts / max(codes.size, 1))
        said = np.tensordot(self.weights, shares, axes=2) + self.bias
        return np.asarray(said + self.functional_weights @ self.functionals(codes))
