"""Test scores of a shipped bundle, with the parts that were fitted without test speakers."""

from __future__ import annotations

from pathlib import Path

from audiotok.bundle import Bundle
from audiotok.classifier import Classifier
from train.bundles.assembly import measured_bundle
from train.bundles.task_data import TaskData
from train.evaluation.reports import Report
from train.evaluation.scoring import score
from train.settings.task import RunConfig


def score_bundle(config: RunConfig, only: Path | None = None) -> list[Report]:
    """Score the bundle in ``config.out``, as fitted without test speakers, on the test split.

    ``only`` restricts scoring to the corpus with this root.
    """
    data = TaskData.read(config)
    classifier = classifier_of(measured_bundle(config), data)
    items = data.labelled(classifier.bundle.vocabulary, "test", classifier.bundle.encoder_probe)
    kept = {record for corpus, record in data.records if only in (None, corpus.root)}
    return score(classifier, [item for item in items if item.record in kept])


def classifier_of(bundle: Bundle, data: TaskData) -> Classifier:
    """Load a bundle with the codec of a task's data."""
    return Classifier.load(bundle, data.codec, device=str(data.codec.device))
