"""Scores by vocabulary size: the language model's, and a linear probe's along the lasso's path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from audiotok.optional_files import write
from audiotok.plots.figure import render
from audiotok.plots.sizes import sizes_figure
from audiotok.size_scores import SIZES, SizeCurves, SizeScore
from audiotok.vocabulary import AudioVocabulary, Codes
from train.bundles.learning import labelled_clips
from train.bundles.task_data import TaskData
from train.evaluation.markdown import number, table
from train.evaluation.scoring import WITH_REFERENCE
from train.evaluation.token_probe import Clips, bag_scores
from train.execution import processes
from train.method.selection import NothingSelectedError
from train.method.steps import select
from train.method.token_counts import count_tokens, sum_groups
from train.settings.selection import SelectConfig
from train.settings.task import RunConfig
from train.studies.language_model_sizes import (
    VocabularyScores,
    score_language_model,
    sizes_table,
)
from train.studies.plain_clips import as_recorded

FACTORS = (0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.16, 0.3, 1.0)  # of the configured C
PENALTIES = (1e-4, 1e-3, 1e-2)  # of the bag; few tokens want little, many want more
ANY_WEIGHT = 1e-12
TEST = "test: "  # before the names of corpora
DIGITS = 4


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


@dataclass(frozen=True)
class BagScores:
    """Scores of the bag with one vocabulary of the lasso's path.

    Attributes
    ----------
    C : of the lasso.
    is_configured : whether the strongest tokens were kept, as configured, or all with a weight.
    n_tokens : size of the vocabulary.
    scores : top-1 macro-F1 by split and corpus, such as ``test: nemo``.
    """

    C: float
    is_configured: bool
    n_tokens: int
    scores: dict[str, float]


def score_sizes(
    config: RunConfig, n_seeds: int, picture: Path | None = None, into_bundle: bool = False
) -> str:
    """Return scores by vocabulary size as Markdown: of the language model, then of the bag.

    ``picture`` is written as PNG; ``into_bundle`` writes the scores on test speakers into the
    folder of the config's bundle, for its page.
    """
    found, data = score_language_model(config, n_seeds), TaskData.read(config)
    bags = score_bags(data)
    curves = curves_of(found, bags)
    if processes.is_first():
        if picture is not None:
            picture.write_bytes(render(sizes_figure(curves), "png"))
        if into_bundle:
            write(curves, config.out / SIZES)
    return f"{sizes_table(found)}\n\n{bags_table(bags, n_candidates(data))}"


def score_bags(data: TaskData) -> list[BagScores]:
    """Return scores of vocabularies along the lasso's path, the configured last."""
    config = data.config
    wanted, targets = data.labelled_variants("train")
    train = [data.encoded.codes[variant] for variant in wanted], targets
    validation, test = (
        {f"{split}: {corpus}": clips for corpus, clips in as_recorded(data, split).items()}
        for split in ("validation", "test")
    )
    found = []
    clips = labelled_clips(data)
    for settings in regularisation_path(config.selection):
        try:
            vocabulary = select(
                clips, config.labels, settings, multi_label=config.multi_label
            ).vocabulary
        except NothingSelectedError:
            continue  # the path starts below the first token
        scores = size_scores(vocabulary, train, validation, test, data.codec.codebook_size)
        is_configured = bool(settings.n_tokens)
        found.append(BagScores(settings.C, is_configured, len(vocabulary), scores))
    return found


def n_candidates(data: TaskData) -> int:
    """Return how many tokens the lasso chooses from."""
    selection = data.config.selection
    return len(selection.layers) * (selection.codes_per_layer or data.codec.codebook_size)


def bags_table(found: Sequence[BagScores], n_tokens: int) -> str:
    """Return the scores as Markdown, a row a vocabulary; ``n_tokens`` is what was chosen from."""
    rows = [
        [
            f"{each.C:g}, the strongest" if each.is_configured else f"{each.C:g}",
            str(each.n_tokens),
            f"{each.n_tokens / n_tokens:.1%}",
            *map(number, each.scores.values()),
        ]
        for each in found
    ]
    return table(["C of the lasso", "tokens", "of its candidates", *found[0].scores], rows)


def curves_of(language_model: Sequence[VocabularyScores], bags: Sequence[BagScores]) -> SizeCurves:
    """Return the scores without a reference on test speakers, as a bundle tells them.

    Of equal sizes the last counts.
    """
    return SizeCurves(language_model=_curve(language_model), bag_of_tokens=_curve(bags))


def _curve(found: Sequence[VocabularyScores | BagScores]) -> tuple[SizeScore, ...]:
    by_size = {each.n_tokens: each.scores for each in found}
    return tuple(
        SizeScore(
            n_tokens=n_tokens,
            macro_f1={
                name.removeprefix(TEST): round(score, DIGITS)
                for name, score in by_size[n_tokens].items()
                if name.startswith(TEST) and not name.endswith(WITH_REFERENCE)
            },
        )
        for n_tokens in sorted(by_size)
    )
