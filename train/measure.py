"""What is measured of finished runs: test scores, unseen corpora, distortions, layers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from audiotok.classifier import Classifier
from train import evaluate, probe
from train.config import RunConfig
from train.data.records import EVERYONE
from train.distort import DISTORTIONS
from train.hearings import Hearing, hearings
from train.markdown import number, table
from train.mixture import target_of
from train.pipeline import Run, measured_bundle, run

# What of the calibrated sum is left out.
PARTS = {
    "selected tokens in the language model": {"bag": 0.0},
    "all tokens in the bag": {"scale": 0.0, "words": 0.0},
    "both": {},
}


def score_bundle(config: RunConfig, only: Path | None = None) -> list[evaluate.Report]:
    """Score the bundle in ``config.out``, before it heard a test speaker, on the test split.

    ``only`` names the root of one corpus that is to be scored alone.
    """
    stages = Run(config)
    classifier = Classifier.load(measured_bundle(config), codec=stages.codec)
    items = stages.labelled(classifier.bundle.vocabulary, "test")
    kept = {record for corpus, record in stages.records if only in (None, corpus.root)}
    return evaluate.score(classifier, [item for item in items if item.record in kept])


def score_unseen_corpora(config: RunConfig, n_seeds: int | None = None) -> list[evaluate.Report]:
    """Train once without each corpus of voices, and score on it.

    The runs lie beside the config's own folder, in ``<work>-without-<corpus>``, so that all find
    the same codes. ``n_seeds`` takes the first few of the configured seeds, to save time.
    """
    finetune = config.finetune.model_copy(update={"seeds": config.finetune.seeds[:n_seeds]})
    bag = config.bag and config.bag.model_copy(update={"everyone": False})
    reports = []
    for left_out in (corpus for corpus in config.corpora if corpus.neutral_words):
        work = Path(f"{config.work}-without-{left_out.root.name}")
        everyone = left_out.model_copy(update={"splits": {"test": [EVERYONE]}})
        corpora = [everyone if corpus is left_out else corpus for corpus in config.corpora]
        other = config.model_copy(
            update={
                "work": work,
                "out": work / "bundle",
                "bag": bag,
                "corpora": corpora,
                "finetune": finetune,
            }
        )
        run(other)
        reports += [
            report | {"corpus": f"{report['corpus']}, never heard before"}
            for report in score_bundle(other, only=left_out.root)
        ]
    return reports


def score_distorted(config: RunConfig, n_seeds: int | None = None) -> dict[str, dict[str, float]]:
    """Score the bundle in ``config.out`` on test voices, undistorted ("") and in each distortion.

    A reference goes through the same distortion as its clip. ``n_seeds`` asks the first few seeds
    of the bundle only, to save time.
    """
    stages = Run(config)
    bundle = measured_bundle(config)
    few = bundle.config.model_copy(update={"seeds": bundle.config.seeds[:n_seeds]})
    classifier = Classifier.load(replace(bundle, config=few), codec=stages.codec)
    voices = [r for _, r in stages.records if r.split == "test" and r.audio]
    scores = {}
    for change in ("", *DISTORTIONS):
        wanted = hearings(voices, stages.references, [change], int(stages.hears_relative))
        items = stages.label(classifier.bundle.vocabulary, wanted, stages.encode(wanted), "test")
        scores[change] = evaluate.voice_scores(classifier, [i for i in items if i.has_audio])
    return scores


def score_parts(config: RunConfig) -> str:
    """Score the listener of the bundle in ``config.out`` by what it is made of, as Markdown.

    The parts weigh what validation speakers gave them; that split is shown to choose by.
    """
    stages = Run(config)
    bundle = measured_bundle(config)
    heard = {
        split: [i for i in stages.labelled(bundle.vocabulary, split) if i.has_audio]
        for split in ("validation", "test")
    }
    rows = []
    for name, without in PARTS.items():
        calibration = bundle.config.calibration["text_audio"].model_copy(update=without)
        calibrations = {**bundle.config.calibration, "text_audio": calibration}
        changed = bundle.config.model_copy(update={"calibration": calibrations})
        classifier = Classifier.load(replace(bundle, config=changed), codec=stages.codec)
        scores: dict[str, float] = {}
        for split, items in heard.items():
            found = evaluate.voice_scores(classifier, items)
            scores |= {f"{split}: {corpus}": score for corpus, score in found.items()}
        rows.append([name, *map(number, scores.values())])
    return table(["macro-F1 of neutral sentences", *scores], rows)


def probe_codec(config: RunConfig) -> str:
    """Say what each layer of the codec holds of the task, on the test split, as Markdown."""
    stages = Run(config)
    codec = stages.codec
    clips: dict[tuple[str, str], tuple[list[Any], list[Any]]] = {}
    for _, record in stages.records:
        target = target_of(record, config)
        if Hearing(record) in stages.encoded.codes and target is not None:
            corpus = "" if record.split == "train" else record.corpus
            codes, targets = clips.setdefault((record.split, corpus), ([], []))
            codes.append(stages.encoded.codes[Hearing(record)])
            targets.append(target)
    stacked = {key: (codes, np.stack(targets)) for key, (codes, targets) in clips.items()}
    tests = {corpus: found for (split, corpus), found in stacked.items() if split == "test"}
    return probe.markdown_table(
        {
            layers: probe.bag_scores(stacked["train", ""], tests, layers, codec.codebook_size)
            for layers in probe.layer_sets(codec.n_layers)
        }
    )
