"""A linear classifier on the counts and functionals of all of a clip's tokens.

The language model reads the few selected tokens in their order. The frequencies of the tokens of
all layers, and statistics of the acoustic measures that they encode, are further evidence of the
voice that takes next to no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audiotok.acoustics.functionals import N_STATISTICS, Functionals
from audiotok.errors import BundleError
from audiotok.vocabulary import LEFT_OUT, Codes

Array = NDArray[np.float64]


def count_codes(codes: Codes, codebook_size: int) -> NDArray[np.int64]:
    """Return the number of frames of each code of each layer.

    Parameters
    ----------
    codes : shape ``(n_layers, n_frames)``, each from 0 to ``codebook_size - 1``; negative ones
        (``LEFT_OUT``) are not counted.

    Returns
    -------
    Counts of shape ``(n_layers, codebook_size)``.
    """
    counts = [np.bincount(layer[layer >= 0], minlength=codebook_size) for layer in codes]
    return np.array(counts, dtype=np.int64).reshape(len(codes), codebook_size)


@dataclass(frozen=True)
class BagOfTokens:
    """For each label a linear function of the square roots of token frequencies and of functionals.

    Attributes
    ----------
    weights : of the square roots of frequencies, shape ``(n_labels, n_layers, codebook_size)``.
    bias : shape ``(n_labels,)``.
    functionals : statistics of the codes, the other features.
    functional_weights : shape ``(n_labels, n_functionals)``.
    plain : mean logits of neutral training clips, shape ``(n_labels,)``, or ``(1,)`` for all.
    reference_correction : share of the difference between the logits of a reference clip and
        ``plain`` that is subtracted, since it is due to speaker, microphone or language.

    Raises
    ------
    BundleError
        When the shapes do not fit each other.
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
        functionals = self.functionals
        return (
            self.bias.shape == (n_labels,)
            and self.plain.size in (1, n_labels)
            and self.functional_weights.shape == (n_labels, len(functionals))
            and functionals.values.shape == (len(functionals.layers), codebook_size)
            and set(functionals.layers) <= set(range(n_layers))
        )

    def judge(self, variants: Sequence[Codes], references: Sequence[Codes] = ()) -> Array:
        """Return the logits of one clip, shape ``(n_labels,)``, corrected by its references.

        Parameters
        ----------
        variants : codes of the clip's variants, with and without speaker normalisation by the
            references; their logits are averaged.
        references : codes of neutral clips of the speaker, each without a reference of its own.
        """
        logits = self._mean_logits(variants)
        if not references:
            return logits
        return logits - self.reference_correction * (self._mean_logits(references) - self.plain)

    def _mean_logits(self, clips: Sequence[Codes]) -> Array:
        return np.asarray(np.mean([self.logits(codes) for codes in clips], axis=0))

    def logits(self, codes: Codes) -> Array:
        """Return the logits, shape ``(n_labels,)``, of codes of shape ``(n_layers, n_frames)``.

        Frequencies enter by their square roots (Hellinger transform), so that frequent tokens do
        not dominate. A layer whose codes are all ``LEFT_OUT`` adds nothing.
        """
        _, n_layers, codebook_size = self.weights.shape
        counts = np.zeros((n_layers, codebook_size))
        counts[: len(codes)] = count_codes(codes, codebook_size)
        frequencies = np.sqrt(counts / max(codes.size, 1))
        logits = np.tensordot(self.weights, frequencies, axes=2) + self.bias
        return np.asarray(logits + self.functional_weights @ self._functionals_of(codes))

    def _functionals_of(self, codes: Codes) -> Array:
        has_codes = np.zeros(self.weights.shape[1], dtype=bool)
        has_codes[: len(codes)] = (codes != LEFT_OUT).any(axis=1)
        counted = np.tile(has_codes[list(self.functionals.layers)], N_STATISTICS)
        return self.functionals(np.maximum(codes, 0)) * counted
