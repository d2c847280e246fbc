"""Rates of tokens and shares of codes in clips, related to measures of their voices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.vocabulary import AudioVocabulary, Codes
from train.method.token_counts import count_tokens
from train.studies.acoustics.relations import Correlations, correlations, explained

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Relations:
    """What was found.

    Attributes
    ----------
    n_clips, n_speakers : that were measured.
    correlations : of the vocabulary's tokens with ``MEASURES``.
    explained : R² by layer of the codec, shape ``(n_layers, n_measures)``.
    """

    n_clips: int
    n_speakers: int
    vocabulary: AudioVocabulary
    correlations: Correlations
    explained: Array


def relate(
    vocabulary: AudioVocabulary,
    codes: Sequence[Codes],
    measures: Array,
    speakers: Sequence[object],
    frame_s: float,
    codebook_size: int,
) -> Relations:
    """Relate the tokens of clips to measures, ``(n_clips, n_measures)``, within speakers.

    Parameters
    ----------
    codes : of each clip, shape ``(n_layers, n_frames)``.
    speakers : of each clip.
    """
    layers = range(1, len(codes[0]) + 1)
    told = [explained(_shares(codes, n, codebook_size), measures, speakers) for n in layers]
    return Relations(
        n_clips=len(codes),
        n_speakers=len(set(speakers)),
        vocabulary=vocabulary,
        correlations=correlations(_rates(codes, vocabulary, frame_s), measures, speakers),
        explained=np.stack(told),
    )


def _rates(codes: Sequence[Codes], vocabulary: AudioVocabulary, frame_s: float) -> Array:
    """Return how often each selected token sounds a second, shape ``(n_clips, n_tokens)``."""
    counts = np.zeros((len(codes), len(vocabulary)))
    for row, of_clip in zip(counts, codes, strict=True):
        np.add.at(row, [each.index for each in vocabulary.find(of_clip)], 1)
    return counts / (frame_s * np.array([each.shape[1] for each in codes]))[:, None]


def _shares(codes: Sequence[Codes], layer: int, codebook_size: int) -> Array:
    """Return square roots of the shares of a layer's codes, ``(n_clips, codebook_size)``."""
    counts = count_tokens(codes, [layer], codebook_size).toarray()
    return np.asarray(np.sqrt(counts / counts.sum(axis=1, keepdims=True)))


def strongest_tokens(vocabulary: AudioVocabulary, class_index: int, n: int) -> list[int]:
    """Return up to ``n`` tokens with the largest positive lasso weight for a class."""
    weights = vocabulary.weights[:, class_index]
    first = np.argsort(-weights, kind="stable")[:n]
    return [int(token) for token in first if weights[token] > 0]
