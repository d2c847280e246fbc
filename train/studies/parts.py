"""Ablation of a bundle's evidence: language model, bag of tokens, probe."""

from __future__ import annotations

from dataclasses import replace

from audiotok.calibration import Calibration
from train.bundles.assembly import measured_bundle
from train.bundles.task_data import TaskData
from train.evaluation.markdown import number, table
from train.evaluation.scoring import voice_scores
from train.settings.task import RunConfig
from train.studies.scores import classifier_of

READERS = {  # and their weights in the calibrated sum
    "selected tokens in the language model": ("scale", "words"),
    "all tokens in the bag": ("bag_of_tokens",),
    "the probe of Whisper's encoder": ("encoder_probe",),
}


def parts_of(calibration: Calibration) -> dict[str, dict[str, float]]:
    """Return by name which weights are zero: each reader alone, all but each, and all of them.

    Readers without weight are passed over.
    """
    there = {
        n: names for n, names in READERS.items() if any(getattr(calibration, w) for w in names)
    }
    silent = {name: dict.fromkeys(weights, 0.0) for name, weights in there.items()}
    alone = {
        name: {w: 0.0 for other in there if other != name for w in silent[other]} for name in there
    }
    but_one = {f"all but {name}": silent[name] for name in there} if len(there) > 2 else {}
    return alone | but_one | {"all": {}}


def score_parts(config: RunConfig) -> str:
    """Score the text+audio twin of the bundle in ``config.out`` by its parts, as Markdown.

    The parts keep their weights, which were fitted on validation; both splits are shown.
    """
    data = TaskData.read(config)
    bundle = measured_bundle(config)
    clips = {
        split: [
            i for i in data.labelled(bundle.vocabulary, split, bundle.encoder_probe) if i.has_audio
        ]
        for split in ("validation", "test")
    }
    rows = []
    fitted = bundle.config.calibration["text_audio"]
    for name, without in parts_of(fitted).items():
        calibration = fitted.model_copy(update=without)
        calibrations = {**bundle.config.calibration, "text_audio": calibration}
        changed = bundle.config.model_copy(update={"calibration": calibrations})
        classifier = classifier_of(replace(bundle, config=changed), data)
        scores: dict[str, float] = {}
        for split, items in clips.items():
            found = voice_scores(classifier, items)
            scores |= {f"{split}: {corpus}": score for corpus, score in found.items()}
        rows.append([name, *map(number, scores.values())])
    return table(["macro-F1 of neutral sentences", *scores], rows)
