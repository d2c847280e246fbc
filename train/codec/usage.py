"""Codebook usage: share of codes that occur, and perplexity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.bag_of_tokens import count_codes
from audiotok.vocabulary import Codes


@dataclass(frozen=True)
class Usage:
    """Codebook usage over some clips.

    Attributes
    ----------
    share : of the codebook that occurs, by layer, shape ``(n_layers,)``.
    perplexity : exponential of the entropy of the codes, by layer, shape ``(n_layers,)``.
    """

    share: NDArray[np.float64]
    perplexity: NDArray[np.float64]


def count_usage(codes: Iterable[Codes], codebook_size: int) -> Usage:
    """Return the usage of codes, each ``(n_layers, n_frames)``, of at least one clip."""
    frames = np.concatenate(list(codes), axis=1)
    counts = count_codes(frames, codebook_size)
    shares = counts / frames.shape[1]
    entropy = -np.sum(shares * np.log(np.maximum(shares, 1e-12)), axis=1)
    return Usage((counts > 0).mean(axis=1), np.exp(entropy))
