"""How many tokens it takes: what a bag of those that the lasso keeps tells, along its path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from audiotok.vocabulary import AudioVocabulary, Codes
from train.evaluation.token_probe import Clips, bag_scores
from train.method.selection import SelectConfig, count_tokens

FACTORS = (0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.16, 0.3, 1.0)  # of the configured C
PENALTIES = (1e-4, 1e-3, 1e-2)  # of the bag; few tokens want little, many want more
ANY_WEIGHT = 1e-12


def path_of(config: SelectConfig) -> list[SelectConfig]:
    """Give settings that keep every token with a weight, from a strong penalty to a weak one.

    The last are the configured ones.
    """
    alone = config.model_copy(update={"path": []})
    every: dict[str, Any] = {"n_tokens": None, "threshold": ANY_WEIGHT}
    path = [alone.model_copy(update={**every, "C": factor * config.C}) for factor in FACTORS]
    return [*path, alone]


def size_scores(
    vocabulary: AudioVocabulary,
    train: Clips,
    validation: Mapping[str, Clips],
    test: Mapping[str, Clips],
    codebook_size: int,
) -> dict[str, float]:
    """Give top-1 macro-F1 on every set of ``validation`` and ``test``, by their names.

    The penalty is that of ``PENALTIES`` with which the mean over validation is best.
    """
    count = partial(count_selected, vocabulary=vocabulary, codebook_size=codebook_size)
    told = [bag_scores(train, {**validation, **test}, count, C) for C in PENALTIES]
    return max(told, key=lambda scores: np.mean([scores[name] for name in validation]))


def count_selected(
    codes_list: Sequence[Codes], vocabulary: AudioVocabulary, codebook_size: int
) -> Any:
    """Count the tokens of a vocabulary, shape ``(n_clips, n_tokens)``."""
    layers = vocabulary.layers
    columns = [layers.index(layer) * codebook_size + code for layer, code in vocabulary.pairs]
    return count_tokens(codes_list, layers, codebook_size)[:, columns]
