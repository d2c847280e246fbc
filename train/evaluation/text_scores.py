"""Scores of text: verdicts on texts without a recording, and paired with a neutral voice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from audiotok.classifier import Classifier
from train.evaluation import metrics
from train.evaluation.calibration_fit import predict, targets_of
from train.evaluation.reports import Report, over_seeds
from train.evaluation.views import reference_choices
from train.method.training_examples import NOTHING_HEARD, Example, Labelled, View

N_KEPT_PAIRS = 500


def text_scores(classifier: Classifier, corpus: str, items: list[Labelled]) -> list[Report]:
    """Report macro-F1 of the verdict on texts without a recording that have at most one label."""
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
        scores = over_seeds(found, truth, lambda p, t: metrics.verdict_macro_f1(p, t, limits))
    else:
        scores = over_seeds(found, truth, metrics.top1_macro_f1)
    report = {
        "corpus": corpus,
        "measure": f"macro-F1, {n_classes} classes",
        "n": len(single),
        "chance": 1 / n_classes,
        "text_only": scores,
    }
    return [report]


def kept_verdicts(classifier: Classifier, items: Sequence[Labelled]) -> list[Report]:
    """Report how often an emotional text paired with a neutral voice keeps its text verdict."""
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
    if choices := reference_choices(voices):
        report["reference"] = kept(choices[0])  # the pairs are drawn already
    return [report]
