"""Ablation of a bundle's evidence: language model, bag of tokens, text."""

from __future__ import annotations

from dataclasses import replace

from train.bundles.assembly import measured_bundle
from train.bundles.task_data import TaskData
from train.evaluation.markdown import number, table
from train.evaluation.scoring import voice_scores
from train.settings.task import RunConfig
from train.studies.scores import classifier_of

# What of the calibrated sum is left out.
PARTS = {
    "selected tokens in the language model": {"bag_of_tokens": 0.0},
    "all tokens in the bag": {"scale": 0.0, "words": 0.0},
    "both": {},
}


def score_parts(config: RunConfig) -> str:
    """Score the text+audio twin of the bundle in ``config.out`` by its parts, as Markdown.

    The parts keep their weights, which were fitted on validation; both splits are shown.
    """
    data = TaskData.read(config)
    bundle = measured_bundle(config)
    clips = {
        split: [i for i in data.labelled(bundle.vocabulary, split) if i.has_audio]
        for split in ("validation", "test")
    }
    rows = []
    for name, without in PARTS.items():
        calibration = bundle.config.calibration["text_audio"].model_copy(update=without)
        calibrations = {**bundle.config.calibration, "text_audio": calibration}
        changed = bundle.config.model_copy(update={"calibration": calibrations})
        classifier = classifier_of(replace(bundle, config=changed), data)
        scores: dict[str, float] = {}
        for split, items in clips.items():
            found = voice_scores(classifier, items)
            scores |= {f"{split}: {corpus}": score for corpus, score in found.items()}
        rows.append([name, *map(number, scores.values())])
    return table(["macro-F1 of neutral sentences", *scores], rows)
