"""Thresholds from validation, scores on the test split, and the table that the README shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from audiotok.bundle import TWINS, Twin
from audiotok.classifier import Classifier
from train import metrics
from train.mixture import Example, Labelled

Array = NDArray[np.float64]
Report = dict[str, Any]

N_KEPT_PAIRS = 500


def predict(
    classifier: Classifier,
    examples: Sequence[Example],
    twins: Sequence[Twin] = TWINS,
    batch_size: int = 16,
) -> dict[Twin, Array]:
    """Give both twins' probabilities, each of shape ``(n_seeds, n_examples, n_labels)``."""
    sequences = [classifier.builder.build(e.text, e.selected) for e in examples]
    order = np.argsort([len(sequence.ids) for sequence in sequences], kind="stable")
    shape = (len(classifier.bundle.config.seeds), len(examples), len(classifier.labels))
    found: dict[Twin, Array] = {twin: np.zeros(shape) for twin in twins}
    for first in tqdm(range(0, len(order), batch_size), desc="predict", unit="batch"):
        batch = order[first : first + batch_size]
        scores = classifier.probabilities([sequences[i] for i in batch], twins)
        for twin in twins:
            found[twin][:, batch] = scores[twin]
    return found


def thresholds(
    classifier: Classifier, examples: dict[Twin, list[Example]]
) -> dict[Twin, tuple[float, ...]]:
    """For each twin and label the threshold with the best F1 on validation examples."""
    chosen: dict[Twin, tuple[float, ...]] = {}
    for twin, of_twin in examples.items():
        probabilities = predict(classifier, of_twin, [twin])[twin].mean(axis=0)
        best = metrics.best_thresholds(probabilities, targets_of(of_twin))
        chosen[twin] = tuple(round(float(value), 2) for value in best)
    return chosen


def targets_of(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Stack targets to shape ``(n_examples, n_labels)``."""
    return np.stack([example.target for example in examples])


def score(classifier: Classifier, items: Sequence[Labelled]) -> list[Report]:
    """Score a bundle on test records, corpus by corpus.

    Neutral sentences are scored by their largest probability, texts without a recording by the
    verdict, *neutral* included (single-label tasks have none).
    """
    multi_label = classifier.bundle.config.multi_label
    reports = []
    for corpus in dict.fromkeys(item.record.corpus for item in items):
        own = [i for i in items if i.record.corpus == corpus and (multi_label or i.target.any())]
        if own[0].has_audio:
            reports += _voice_scores(classifier, corpus, own)
        else:
            reports.append(_text_score(classifier, corpus, own))
    reports += _kept_labels(classifier, items)
    return reports


def _voice_scores(classifier: Classifier, corpus: str, items: list[Labelled]) -> list[Report]:
    examples = [Example(i.record.text, i.selected, i.target) for i in items]
    truth = targets_of(examples)
    found = predict(classifier, examples)
    labelled = truth.sum(axis=1) == 1
    n_labels = int(truth[labelled].any(axis=0).sum())
    report = {
        "corpus": corpus,
        "measure": f"top-1 macro-F1, {n_labels} labels",
        "n": int(labelled.sum()),
        "chance": 1 / n_labels,
        "per_speaker": {
            speaker: metrics.top1_macro_f1(found["text_audio"].mean(axis=0)[rows], truth[rows])
            for speaker, rows in _by_speaker(items).items()
        },
    }
    for twin in TWINS:
        report[twin] = _over_seeds(found[twin], truth, metrics.top1_macro_f1)
    calibration: Report = {
        "corpus": corpus,
        "measure": "calibration error (lower is better)",
        "n": len(items),
    }
    for twin in TWINS:
        calibration[twin] = _over_seeds(found[twin], truth, metrics.calibration_error)
    return [report, calibration]


def _text_score(classifier: Classifier, corpus: str, items: list[Labelled]) -> Report:
    config = classifier.bundle.config
    single = [item for item in items if item.target.sum() <= 1]
    examples = [Example(item.record.text, (), item.target) for item in single]
    truth = targets_of(examples)
    found = predict(classifier, examples, ["text_only"])["text_only"]
    n_classes = len(config.labels) + int(config.multi_label)
    if config.multi_label:
        limits = np.array(config.thresholds["text_only"])
        scores = _over_seeds(found, truth, lambda p, t: metrics.verdict_macro_f1(p, t, limits))
    else:
        scores = _over_seeds(found, truth, metrics.top1_macro_f1)
    return {
        "corpus": corpus,
        "measure": f"macro-F1, {n_classes} classes",
        "n": len(single),
        "chance": 1 / n_classes,
        "text_only": scores,
    }


def _kept_labels(classifier: Classifier, items: Sequence[Labelled]) -> list[Report]:
    """How often an emotional text in a neutral voice keeps the label that its words had."""
    rng = np.random.default_rng(0)
    texts = [i for i in items if not i.has_audio and i.target.sum() == 1]
    voices = [i for i in items if i.has_audio and i.record.labels == ("neutral",)]
    if not texts or not voices:
        return []
    examples = []
    for _ in range(N_KEPT_PAIRS):
        text, voice = texts[rng.integers(len(texts))], voices[rng.integers(len(voices))]
        examples.append(Example(text.record.text, voice.selected, text.target))
    found = predict(classifier, examples)
    rule = classifier.bundle.config.rule
    kept = [
        rule("text_only").verdict(words) == rule("text_audio").verdict(both)
        for words, both in zip(
            found["text_only"].mean(axis=0), found["text_audio"].mean(axis=0), strict=True
        )
    ]
    return [
        {
            "corpus": "goemotions text, neutral voice",
            "measure": "words keep their verdict",
            "n": N_KEPT_PAIRS,
            "text_audio": {"bagged": float(np.mean(kept))},
        }
    ]


def _over_seeds(found: Array, truth: NDArray[np.int64], measure: Any) -> dict[str, float]:
    per_seed = [measure(probabilities, truth) for probabilities in found]
    return {
        "mean": float(np.mean(per_seed)),
        "deviation": float(np.std(per_seed)),
        "bagged": float(measure(found.mean(axis=0), truth)),
    }


def _by_speaker(items: Sequence[Labelled]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        rows.setdefault(item.record.speaker, []).append(index)
    return rows


def markdown_table(reports: dict[str, list[Report]]) -> str:
    """Write the reports of several tasks as one Markdown table."""
    lines = [
        "| task | test data | measure | n | chance | words alone | words + voice |",
        "|---|---|---|---|---|---|---|",
    ]
    for task, of_task in reports.items():
        for report in of_task:
            chance = f"{report['chance']:.2f}" if "chance" in report else "–"
            lines.append(
                f"| {task} | {report['corpus']} | {report['measure']} | {report['n']} | {chance} "
                f"| {_cell(report.get('text_only'))} | {_cell(report.get('text_audio'))} |"
            )
    return "\n".join(lines)


def _cell(scores: dict[str, float] | None) -> str:
    if scores is None:
        return "–"
    bagged = f"**{scores['bagged']:.2f}**"
    if "mean" not in scores:
        return bagged
    return f"{bagged} ({scores['mean']:.2f} ± {scores['deviation']:.2f})"
