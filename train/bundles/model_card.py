"""The model card of a bundle, rendered from the run's data, settings and scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from train.bundles.corpus_facts import facts_table
from train.corpora import licences
from train.evaluation.confusion import picture_name
from train.evaluation.hub_card import fill_in
from train.evaluation.markdown import number, table
from train.evaluation.reports import Report
from train.evaluation.score_tables import score_table
from train.settings.task import RunConfig

TEMPLATE = Path(__file__).with_suffix(".md.jinja")

SCORE_TITLES = {
    "text_only": "words alone",
    "text_audio": "words + voice",
    "reference": "and one neutral reference",
}

# What a reader of the card must know about what the model learned from.
ACTED = {
    "ravdess": "The voices of RAVDESS are acted, adult and North American.",
    "nemo": "The voices of nEMO are acted, adult and Polish.",
    "crema_d": "The voices of CREMA-D are acted, of adults of 20 to 74 years in the United States.",
}
RECORDED_AT_HOME = {
    "emospeech": "The voices of Indian EmoSpeech say single words into their own devices.",
}
WRITTEN = {"goemotions": "The texts of GoEmotions are English comments from one website."}


def write_card(
    config: RunConfig, facts: dict[str, Any], reports: list[Report], n_refit_speakers: int = 0
) -> str:
    """Return the card as Markdown with hub metadata.

    Parameters
    ----------
    facts : ``records`` (``corpus_facts``), ``voted``, ``shared``, ``selection``, ``pretrain``,
        ``machine``, ``minutes``.
    reports : scores on the test split.
    n_refit_speakers : speakers that the linear readers were refitted on, those of the test split
        included; 0 for the bundle that was scored.
    """
    corpora = [*config.corpora, *config.pretrain_corpora]
    readers = dict.fromkeys(corpus.reader for corpus in config.corpora)
    metadata = licences.metadata(corpora) | {
        "base_model": config.backbone,
        "library_name": "audiotok",
        "pipeline_tag": "audio-classification",
        "tags": ["speech", config.task, "speech-tokens", "lora"],
    }
    said = facts | {
        "records": facts_table(facts["records"]),
        "mixed_speakers": [c.root.name for c in config.corpora if c.allow_shared_speakers],
        "n_refit_speakers": n_refit_speakers,
        "scores": score_table({config.task: reports}),
        "intervals": _intervals(reports),
        "pictures": {
            r["corpus"]: picture_name(r["corpus"]) for r in reports if np.any(r.get("confusion", 0))
        },
        "speakers": _speakers(reports),
        "measured_failures": _measured_failures(config.labels, reports),
        "acted": [ACTED[reader] for reader in readers if reader in ACTED],
        "at_home": [RECORDED_AT_HOME[reader] for reader in readers if reader in RECORDED_AT_HOME],
        "written": [WRITTEN[reader] for reader in readers if reader in WRITTEN],
        "licence": licences.licence_text(corpora),
    }
    return fill_in(TEMPLATE, metadata, config=config, **said)


def _intervals(reports: Sequence[Report]) -> str:
    """Tabulate bagged scores with their bootstrap intervals; empty where none has one."""
    rows = [
        [r["corpus"], r["measure"], *(_score_and_interval(r, name) for name in SCORE_TITLES)]
        for r in reports
        if r.get("interval")
    ]
    return table(["test data", "measure", *SCORE_TITLES.values()], rows) if rows else ""


def _score_and_interval(report: Report, name: str) -> str:
    score = number(report.get(name, {}).get("bagged"))
    if name not in report["interval"]:
        return score
    lower, upper = report["interval"][name]
    return f"{score} ({number(lower)} to {number(upper)})"


def _speakers(reports: Sequence[Report]) -> str:
    """Tabulate the scores of single test speakers; empty where there are none."""
    rows = [
        [report["corpus"], speaker or "not named", number(score)]
        for report in reports
        for speaker, score in report.get("per_speaker", {}).items()
    ]
    return table(["test data", "speaker", "top-1 macro-F1"], rows) if rows else ""


def _measured_failures(labels: Sequence[str], reports: Sequence[Report]) -> list[str]:
    """Return sentences on the lowest scores."""
    found = [_worst_confusion(labels, report) for report in reports]
    found += [_spread_of_speakers(report) for report in reports]
    return [sentence for sentence in found if sentence]


def _worst_confusion(labels: Sequence[str], report: Report) -> str:
    """Return a sentence on the largest off-diagonal share of the confusion matrix."""
    counts = np.array(report.get("confusion") or [[0]])
    n_true = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(n_true, 1)
    np.fill_diagonal(shares, 0)
    if not shares.any():
        return ""
    meant, heard = np.unravel_index(shares.argmax(), shares.shape)
    return (
        f"**{labels[meant].capitalize()} taken for {labels[heard]}.** On {report['corpus']} that "
        f"happens to {counts[meant, heard]} of {n_true[meant, 0]} such clips, a larger share than "
        "any other mistake has."
    )


def _spread_of_speakers(report: Report) -> str:
    scores = [s for s in report.get("per_speaker", {}).values() if not math.isnan(s)]
    if len(scores) < 2:
        return ""
    return (
        f"**Some voices more than others.** Between the test speakers of {report['corpus']} the "
        f"score lies between {min(scores):.2f} and {max(scores):.2f}."
    )
