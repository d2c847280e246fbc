"""Scores by vocabulary size: the language model's, and a linear probe's along the lasso's path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from audiotok.plots.figure import render
from audiotok.vocabulary import AudioVocabulary, Codes
from train.bundles.learning import labelled_clips
from train.bundles.task_data import TaskData
from train.evaluation.markdown import number, table
from train.evaluation.token_probe import Clips, bag_scores
from train.execution import processes
from train.method.selection import NothingSelectedError
from train.method.steps import select
from train.method.token_counts import count_tokens, sum_groups
from train.settings.selection import SelectConfig
from train.settings.task import RunConfig
from train.studies.language_model_sizes import score_language_model, sizes_table
from train.studies.plain_clips import as_recorded
from train.studies.size_picture import size_figure

FACTORS = (0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.16, 0.3, 1.0)  # of the configured C
PENALTIES = (1e-4, 1e-3, 1e-2)  # of the bag; few tokens want little, many want more
ANY_WEIGHT = 1e-12


def regularisation_path(config: SelectConfig) -> list[SelectConfig]:
    """Return settings along the path, from a strong penalty to a weak one, then the configured.

    On the path every token with a nonzero coefficient is kept.
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
    """Return top-1 macro-F1 on every set of ``validation`` and ``test``, by their names.

    The penalty of ``PENALTIES`` with the best mean over validation sets is used.
    """
    count = partial(count_selected, vocabulary=vocabulary, codebook_size=codebook_size)
    told = [bag_scores(train, {**validation, **test}, count, C) for C in PENALTIES]
    return max(told, key=lambda scores: np.mean([scores[name] for name in validation]))


def count_selected(
    codes_list: Sequence[Codes], vocabulary: AudioVocabulary, codebook_size: int
) -> Any:
    """Return counts of a vocabulary's tokens, in frames, shape ``(n_clips, n_tokens)``."""
    layers, n_codes = vocabulary.layers, codebook_size
    counts = count_tokens(codes_list, layers, codebook_size)
    if vocabulary.groups is not None:
        counts, n_codes = sum_groups(counts, vocabulary.groups), int(vocabulary.groups.max()) + 1
    return counts[:, [layers.index(layer) * n_codes + code for layer, code in vocabulary.pairs]]


def score_sizes(config: RunConfig, n_seeds: int, picture: Path | None = None) -> str:
    """Return scores by vocabulary size as Markdown: of the language model, then of the bag.

    ``picture`` is written as PNG.
    """
    found = score_language_model(config, n_seeds)
    if picture is not None and processes.is_first():
        picture.write_bytes(render(size_figure(found), "png"))
    return f"{sizes_table(found)}\n\n{score_bags(TaskData.read(config))}"


def score_bags(data: TaskData) -> str:
    """Return scores of vocabularies along the lasso's path, the configured last, as Markdown."""
    config = data.config
    wanted, targets = data.labelled_variants("train")
    train = [data.encoded.codes[variant] for variant in wanted], targets
    validation, test = (
        {f"{split}: {corpus}": clips for corpus, clips in as_recorded(data, split).items()}
        for split in ("validation", "test")
    )
    n_codes = config.selection.codes_per_layer or data.codec.codebook_size
    n_tokens = len(config.selection.layers) * n_codes
    rows = []
    clips = labelled_clips(data)
    for settings in regularisation_path(config.selection):
        try:
            vocabulary = select(
                clips, config.labels, settings, multi_label=config.multi_label
            ).vocabulary
        except NothingSelectedError:
            continue  # the path starts below the first token
        scores = size_scores(vocabulary, train, validation, test, data.codec.codebook_size)
        share = f"{len(vocabulary) / n_tokens:.1%}"
        kept = f"{settings.C:g}, the strongest" if settings.n_tokens else f"{settings.C:g}"
        rows.append([kept, str(len(vocabulary)), share, *map(number, scores.values())])
    return table(["C of the lasso", "tokens", "of its candidates", *validation, *test], rows)
