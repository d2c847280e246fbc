"""Scores of a bundle on the test split, corpus by corpus."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from audiotok.bundle import TWINS, Twin
from audiotok.classifier import Classifier
from train.evaluation import metrics
from train.evaluation.metrics import Array, Measure, Targets
from train.evaluation.reports import Report, mean_score, over_seeds
from train.evaluation.text_scores import kept_verdicts, text_scores
from train.evaluation.views import predict_views, reference_choices
from train.method.training_examples import Labelled

logger = logging.getLogger(__name__)

WITH_REFERENCE = ", with a reference"  # after the name of a corpus


def score(classifier: Classifier, items: Sequence[Labelled]) -> list[Report]:
    """Score a bundle on test records, one report a corpus and measure.

    Clips are scored by top-1 macro-F1 among their corpus's labels and by macro-F1 of the verdict,
    *neutral* included, texts without a recording by the latter alone (single-label tasks have no
    *neutral*). A score with a reference is the mean over several choices of it; clips that have
    none are heard alone in it.
    """
    multi_label = classifier.bundle.config.multi_label
    reports: list[Report] = []
    for corpus in dict.fromkeys(item.record.corpus for item in items):
        own = [i for i in items if i.record.corpus == corpus and (multi_label or i.target.any())]
        voices, texts = (
            [i for i in own if i.has_audio is has_audio] for has_audio in (True, False)
        )
        scored = _voice_reports(classifier, corpus, voices) + text_scores(classifier, corpus, texts)
        if not scored:
            logger.warning("evaluate: no test example of %s has what a score counts", corpus)
        reports += scored
    reports += kept_verdicts(classifier, items)
    return reports


def _voice_reports(classifier: Classifier, corpus: str, items: list[Labelled]) -> list[Report]:
    """Score clips with audio; only those with exactly one label count for top-1."""
    if not items:
        return []
    truth = np.stack([item.target for item in items])
    alone, *relative = predict_views(classifier, items, reference_choices(items))
    measures: list[tuple[Report, Callable[[Twin], Measure]]] = []
    labelled = truth.sum(axis=1) == 1
    if labelled.any():
        top1 = _top1_report(corpus, items, alone, relative)
        measures.append((top1, lambda _: metrics.closed_set_macro_f1))
    for name, measure in _measures_of_all(classifier, truth).items():
        measures.append(({"corpus": corpus, "measure": name, "n": len(items)}, measure))
    for report, measure in measures:
        for twin in TWINS:
            report[twin] = over_seeds(alone[twin], truth, measure(twin))
        if relative:
            with_voice = measure("text_audio")
            report["reference"] = mean_score(
                [over_seeds(of_choice["text_audio"], truth, with_voice) for of_choice in relative]
            )
    return [report for report, _ in measures]


def _measures_of_all(
    classifier: Classifier, truth: Targets
) -> dict[str, Callable[[Twin], Measure]]:
    """Return the measures that count every clip, *neutral* ones included, for each twin."""
    config = classifier.bundle.config
    found: dict[str, Callable[[Twin], Measure]] = {
        "calibration error (lower is better)": lambda _: metrics.calibration_error,
        "top-label calibration error (lower is better)": (
            lambda _: metrics.top_label_calibration_error
        ),
    }
    if config.multi_label and (truth.sum(axis=1) <= 1).any():
        name = f"macro-F1 of the verdict, {len(config.labels) + 1} classes"
        found[name] = lambda twin: partial(
            metrics.verdict_macro_f1, thresholds=np.array(config.thresholds[twin])
        )
    return found


def _top1_report(
    corpus: str,
    items: Sequence[Labelled],
    alone: Mapping[Twin, Array],
    relative: Sequence[Mapping[Twin, Array]],
) -> Report:
    """Report top-1 scores of single-label clips: confusion, by speaker and by label."""
    truth = np.stack([item.target for item in items])
    labelled = truth.sum(axis=1) == 1
    n_labels = int(truth[labelled].any(axis=0).sum())
    heard, *others = (
        metrics.among_occurring(of_view["text_audio"], truth) for of_view in (alone, *relative)
    )
    bagged = heard.mean(axis=0)
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
        "interval": {"text_audio": _interval([heard], truth)},
    }
    if others:
        report["interval"]["reference"] = _interval(others, truth)
    return report


def _interval(choices: Sequence[Array], truth: Targets) -> tuple[float, float]:
    """Bootstrap interval of the bagged top-1 macro-F1, its ends averaged over choices."""
    ends = [
        metrics.bootstrap_interval(found.mean(axis=0), truth, metrics.top1_macro_f1)
        for found in choices
    ]
    low, high = np.mean(ends, axis=0)
    return float(low), float(high)


def voice_scores(classifier: Classifier, items: Sequence[Labelled]) -> dict[str, float]:
    """Return bagged top-1 macro-F1 by corpus with audio, without and ``with a reference``."""
    scores = {}
    for corpus in dict.fromkeys(item.record.corpus for item in items):
        own = [i for i in items if i.record.corpus == corpus and i.has_audio and i.target.any()]
        if not own:
            continue
        truth = np.stack([item.target for item in own])
        found = predict_views(classifier, own, reference_choices(own)[:1])
        for name, of_view in zip((corpus, corpus + WITH_REFERENCE), found, strict=False):
            scores[name] = metrics.closed_set_macro_f1(of_view["text_audio"].mean(axis=0), truth)
    return scores


def _by_speaker(items: Sequence[Labelled]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        rows.setdefault(item.record.speaker, []).append(index)
    return rows
