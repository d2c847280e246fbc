"""How many tokens are best: the language model with vocabularies of several sizes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.bundles.assembly import Assembly
from train.bundles.graph import run
from train.bundles.run_folders import RunFolders
from train.bundles.task_data import TaskData
from train.evaluation.markdown import number, table
from train.evaluation.scoring import voice_scores
from train.settings.task import RunConfig

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)  # of the configured number of tokens


@dataclass(frozen=True)
class VocabularyScores:
    """Scores of the language model with one vocabulary.

    Attributes
    ----------
    n_tokens : size of the vocabulary.
    scores : bagged top-1 macro-F1 by split and corpus, such as ``test: nemo``.
    """

    n_tokens: int
    scores: dict[str, float]


def score_language_model(config: RunConfig, n_seeds: int | None = 1) -> list[VocabularyScores]:
    """Train with the strongest tokens only, in several numbers, and score on neutral sentences.

    The bag of all tokens, where the config has one, and what the text-only model adds are left out:
    the language model alone is scored, which needs no calibration to say what is likeliest. The
    runs are in ``<work>-<n>-tokens`` beside the config's own folder, so that they share the cache
    of codes; finished ones are not run again. ``n_seeds`` uses the first of the configured seeds
    only, to save time.
    """
    run(config, "select")
    most = len(RunFolders(config.work).read_vocabulary())
    sizes = sorted({max(1, round(share * most)) for share in SHARES})
    return [VocabularyScores(size, _score(_smaller(config, size, n_seeds))) for size in sizes]


def _smaller(config: RunConfig, n_tokens: int, n_seeds: int | None) -> RunConfig:
    work = Path(f"{config.work}-{n_tokens}-tokens")
    settings: dict[str, Any] = {
        "work": work,
        "selection": config.selection.model_copy(update={"n_tokens": n_tokens, "path": []}),
        "bag_of_tokens": None,
        "encoder_probe": None,
        "finetune": config.finetune.model_copy(update={"seeds": config.finetune.seeds[:n_seeds]}),
    }
    return config.model_copy(update=settings)


def _score(config: RunConfig) -> dict[str, float]:
    run(config, "finetune")
    data = TaskData.read(config)
    classifier = Assembly(data, RunFolders(config.work), ()).uncalibrated()
    return {
        f"{split}: {corpus}": score
        for split in ("validation", "test")
        for corpus, score in voice_scores(
            classifier, data.labelled(classifier.bundle.vocabulary, split)
        ).items()
    }


def sizes_table(found: list[VocabularyScores]) -> str:
    """Return the scores as Markdown, a row a size."""
    names = list(found[0].scores)
    rows = [[str(each.n_tokens), *(number(each.scores[name]) for name in names)] for each in found]
    return table(["tokens in the language model", *names], rows)
