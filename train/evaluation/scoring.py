"""Scores on the test split, and the README's table."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiotok.bundle import TWINS, Twin
from audiotok.classifier import Classifier
from train.evaluation import metrics
from train.evaluation.calibration_fit import (
    Decision,
    decide,
    predict,
    targets_of,
    undecided,
)
from train.method.training_examples import NOTHING_HEARD, Example, Labelled, View

logger = logging.getLogger(__name__)

Array = NDArray[np.float64]
Targets = NDArray[np.int64]
Measure = Callable[[Array, Targets], float]
Report = dict[str, Any]
Choice = Callable[[Labelled], View]

N_KEPT_PAIRS = 500

__all__ = [
    "Decision",
    "decide",
    "markdown_table",
    "predict",
    "robustness_table",
    "score",
    "undecided",
    "voice_scores",
]


def score(classifier: Classifier, items: Sequence[Labelled]) -> list[Report]:
    """Score a bundle on test records, corpus by corpus.

    Neutral sentences are scored by their largest probability, texts without a recording by the
    verdict, *neutral* included (single-label tasks have none). A score with a reference is the mean
    over several choices of it.
    """
    multi_label = classifier.bundle.config.multi_label
    reports: list[Report] = []
    for corpus in dict.fromkeys(item.record.corpus for item in items):
        own = [i for i in items if i.record.corpus == corpus and (multi_label or i.target.any())]
        voices, texts = (
            [i for i in own if i.has_audio is has_audio] for has_audio in (True, False)
        )
        scored = _voice_scores(classifier, corpus, voices) + _text_scores(classifier, corpus, texts)
        if not scored:
            logger.warning("evaluate: no test example of %s has what a score counts", corpus)
        reports += scored
    reports += _kept_labels(classifier, items)
    return reports


def _voice_scores(classifier: Classifier, corpus: str, items: list[Labelled]) -> list[Report]:
    """Score what was heard; labels are told apart only where a clip has one alone."""
    if not items:
        return []
    truth = np.stack([item.target for item in items])
    alone, *relative = _predict_views(classifier, items, _choices(items))
    measures: list[tuple[Report, Measure]] = []
    labelled = truth.sum(axis=1) == 1
    if labelled.any():
        top1 = _top1_report(corpus, items, alone, relative)
        measures.append((top1, metrics.top1_macro_f1))
    calibration = {
        "corpus": corpus,
        "measure": "calibration error (lower is better)",
        "n": len(items),
    }
    measures.append((calibration, metrics.calibration_error))
    for report, measure in measures:
        for twin in TWINS:
            report[twin] = _over_seeds(alone[twin], truth, measure)
        if relative:
            report["reference"] = _mean_score(
                [_over_seeds(of_choice["text_audio"], truth, measure) for of_choice in relative]
            )
    return [report for report, _ in measures]


def _top1_report(
    corpus: str,
    items: Sequence[Labelled],
    alone: Mapping[Twin, Array],
    relative: Sequence[Mapping[Twin, Array]],
) -> Report:
    """Say what the labels that a clip has alone were taken for, by speaker and by label."""
    truth = np.stack([item.target for item in items])
    labelled = truth.sum(axis=1) == 1
    n_labels = int(truth[labelled].any(axis=0).sum())
    bagged = alone["text_audio"].mean(axis=0)
    report: Report = {
        "corpus": corpus,
        "measure": f"top-1 macro-F1, {n_labels} labels",
        "n": int(labelled.sum()),
        "chance": 1 / n_labels,
        "per_speaker": {
            speaker: metrics.top1_macro_f1(bagged[rows], truth[rows])
            for speaker, rows in _by_speaker(items).items()
            if labelled[rows].any()
        },
        "confusion": metrics.confusion(bagged, truth).tolist(),
        "interval": {"text_audio": _interval([alone["text_audio"]], truth)},
    }
    if relative:
        choices = [of_choice["text_audio"] for of_choice in relative]
        report["interval"]["reference"] = _interval(choices, truth)
    return report


def _predict_views(
    classifier: Classifier, items: list[Labelled], choices: list[Choice]
) -> list[dict[Twin, Array]]:
    """Predict the items alone and then with each choice of a reference."""
    views = [lambda item: item.views[0], *choices]
    # One item's views follow each other, since they share what they are judged beside.
    examples = [Example(i.record.text, view(i), i.target) for i in items for view in views]
    found = predict(classifier, examples)
    return [{t: found[t][:, n :: len(views)] for t in TWINS} for n in range(len(views))]


def _interval(choices: Sequence[Array], truth: Targets) -> tuple[float, float]:
    """Bootstrap interval of the bagged top-1 macro-F1, its ends averaged over choices."""
    ends = [
        metrics.bootstrap_interval(found.mean(axis=0), truth, metrics.top1_macro_f1)
        for found in choices
    ]
    low, high = np.mean(ends, axis=0)
    return float(low), float(high)


def _choices(items: Sequence[Labelled]) -> list[Choice]:
    """Ways to pick one of each item's relative views; none where an item has no reference."""
    n_relative = [len(item.views) - 1 for item in items]
    if not min(n_relative, default=0):
        return []
    return [
        lambda item, n=n: item.views[1 + n % (len(item.views) - 1)]  # type: ignore[misc]
        for n in range(max(n_relative))
    ]


def voice_scores(classifier: Classifier, items: Sequence[Labelled]) -> dict[str, float]:
    """Bagged top-1 macro-F1 of each corpus of voices, alone and ``with a reference``."""
    scores = {}
    for corpus in dict.fromkeys(item.record.corpus for item in items):
        own = [i for i in items if i.record.corpus == corpus and i.has_audio and i.target.any()]
        if not own:
            continue
        truth = np.stack([item.target for item in own])
        found = _predict_views(classifier, own, _choices(own)[:1])
        for name, of_view in zip((corpus, f"{corpus}, with a reference"), found, strict=False):
            scores[name] = metrics.top1_macro_f1(of_view["text_audio"].mean(axis=0), truth)
    return scores


def _text_scores(classifier: Classifier, corpus: str, items: list[Labelled]) -> list[Report]:
    """Score the verdict on texts without a recording that have one label or none."""
    config = classifier.bundle.config
    single = [item for item in items if item.target.sum() <= 1]
    if not single:
        return []
    examples = [Example(item.record.text, NOTHING_HEARD, item.target) for item in single]
    truth = targets_of(examples)
    found = predict(classifier, examples, ["text_only"])["text_only"]
    n_classes = len(config.labels) + int(config.multi_label)
    if config.multi_label:
        limits = np.array(config.thresholds["text_only"])
        scores = _over_seeds(found, truth, lambda p, t: metrics.verdict_macro_f1(p, t, limits))
    else:
        scores = _over_seeds(found, truth, metrics.top1_macro_f1)
    report = {
        "corpus": corpus,
        "measure": f"macro-F1, {n_classes} classes",
        "n": len(single),
        "chance": 1 / n_classes,
        "text_only": scores,
    }
    return [report]


def _kept_labels(classifier: Classifier, items: Sequence[Labelled]) -> list[Report]:
    """How often an emotional text in a neutral voice keeps the label that its words had."""
    rng = np.random.default_rng(0)
    texts = [i for i in items if not i.has_audio and i.target.sum() == 1]
    voices = [i for i in items if i.has_audio and i.record.labels == ("neutral",)]
    if not texts or not voices:
        return []
    drawn = [
        (texts[rng.integers(len(texts))], voices[rng.integers(len(voices))])
        for _ in range(N_KEPT_PAIRS)
    ]
    rule = classifier.bundle.config.rule

    def kept(view: Callable[[Labelled], View]) -> dict[str, float]:
        examples = [Example(text.record.text, view(voice), text.target) for text, voice in drawn]
        found = predict(classifier, examples)
        same = [
            rule("text_only").verdict(words) == rule("text_audio").verdict(both)
            for words, both in zip(
                found["text_only"].mean(axis=0), found["text_audio"].mean(axis=0), strict=True
            )
        ]
        return {"bagged": float(np.mean(same))}

    report: Report = {
        "corpus": "goemotions text, neutral voice",
        "measure": "words keep their verdict",
        "n": N_KEPT_PAIRS,
        "text_audio": kept(lambda voice: voice.views[0]),
    }
    if choices := _choices(voices):
        report["reference"] = kept(choices[0])  # the pairs are drawn already
    return [report]


def _over_seeds(found: Array, truth: Targets, measure: Measure) -> dict[str, float]:
    per_seed = [measure(probabilities, truth) for probabilities in found]
    return {
        "mean": float(np.mean(per_seed)),
        "deviation": float(np.std(per_seed)),
        "bagged": float(measure(found.mean(axis=0), truth)),
    }


def _mean_score(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}


def _by_speaker(items: Sequence[Labelled]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        rows.setdefault(item.record.speaker, []).append(index)
    return rows


def markdown_table(reports: dict[str, list[Report]]) -> str:
    """Write the reports of several tasks as one Markdown table."""
    lines = [
        "| task | test data | measure | n | chance | words alone | words + voice "
        "| and one neutral reference |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for task, of_task in reports.items():
        for report in of_task:
            chance = f"{report['chance']:.2f}" if "chance" in report else "–"
            cells = [_cell(report.get(name)) for name in (*TWINS, "reference")]
            lines.append(
                f"| {task} | {report['corpus']} | {report['measure']} | {report['n']} | {chance} | "
                + " | ".join(cells)
                + " |"
            )
    return "\n".join(lines)


def robustness_table(scores: Mapping[str, Mapping[str, float]]) -> str:
    """Write scores by distortion (none first) and by corpus, and what each distortion costs."""
    plain, *changes = scores
    names = list(scores[plain])
    lines = ["| what happens to the sound | " + " | ".join(names) + " |"]
    lines.append("|---|" + "---|" * len(names))
    lines.append("| nothing | " + " | ".join(f"{scores[plain][n]:.2f}" for n in names) + " |")
    for change in changes:
        costs = {name: scores[change][name] - scores[plain][name] for name in names}
        cells = [f"{scores[change][name]:.2f} ({cost:+.2f})" for name, cost in costs.items()]
        lines.append(f"| {change} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(scores: dict[str, float] | None) -> str:
    if scores is None:
        return "–"
    bagged = f"**{scores['bagged']:.2f}**"
    if "mean" not in scores:
        return bagged
    return f"{bagged} ({scores['mean']:.2f} ± {scores['deviation']:.2f})"
