"""Bundles from trained parts: calibrated on validation, scored on test, with a model card."""

from __future__ import annotations

import filecmp
import logging
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from audiotok.bundle import LINEAR_FILES, TWINS, Bundle, BundleConfig, Twin
from audiotok.bundle_weights import read_bag, read_probe
from audiotok.classifier import Classifier
from audiotok.speech_encoder import FINGERPRINT
from train.bundles import learning
from train.bundles.corpus_facts import corpora_with_votes, corpus_facts
from train.bundles.model_card import write_card
from train.bundles.run_folders import RunFolders
from train.bundles.task_data import TaskData
from train.evaluation.calibration_fit import Decision, default_decision, fit_decision
from train.evaluation.confusion import confusion_picture, picture_name
from train.evaluation.embedding_map import embedding_map
from train.evaluation.reports import Report
from train.evaluation.scoring import score
from train.execution import processes
from train.execution.json_files import write_json
from train.execution.stages import stage_facts
from train.method.steps import REPORT
from train.settings.task import RunConfig

logger = logging.getLogger(__name__)

MEASURED = {  # beside linear readers that were refitted on all splits
    "bag_of_tokens": "measured_bag_of_tokens.safetensors",
    "encoder_probe": "measured_encoder_probe.safetensors",
}
READERS_OF = {"bag_of_tokens": read_bag, "encoder_probe": read_probe}


@dataclass(frozen=True)
class Assembly:
    """The stages that assemble bundles from the outputs of the stages before."""

    data: TaskData
    folders: RunFolders
    steps: tuple[Path, ...]  # whose minutes the card sums up

    def evaluate(self, folder: Path) -> None:
        """Fit calibration and thresholds on validation, score on test, and write the bundle."""
        config, vocabulary = self.data.config, self.folders.read_vocabulary()
        probe = self.folders.read_probe() if config.encoder_probe else None
        validation = self.data.labelled(vocabulary, "validation", probe)
        raw = self.uncalibrated()
        # One decision for all processes: other processors round otherwise.
        decision = processes.gather(fit_decision(raw, validation, config))[0]
        classifier = self._classifier(decision)
        reports = score(classifier, self.data.labelled(vocabulary, "test", probe))
        if not processes.is_first():
            return
        write_json(folder / REPORT, reports)
        card = write_card(config, self._facts(), reports)
        bundle = replace(self._bundle(decision, card), embedding_map=embedding_map(classifier))
        save_with_pictures(bundle, reports, self.folders.bundle("evaluate"))

    def ship(self, folder: Path) -> None:
        """Refit the linear readers on all splits; the scored ones are kept beside them, as the card
        says."""
        config, everyone = self.data.config, self.data.with_all_splits_in_training()
        if config.encoder_probe and config.encoder_probe.refit_on_all_splits:
            learning.probe(everyone, config.encoder_probe, folder)
        if processes.is_first():
            with processes.alone():
                self._ship_refitted(everyone, folder)

    def _ship_refitted(self, everyone: TaskData, folder: Path) -> None:
        config = self.data.config
        if config.bag_of_tokens and config.bag_of_tokens.refit_on_all_splits:
            learning.bag(everyone, config.bag_of_tokens, folder)
        refit = {name: READERS_OF[name](folder / LINEAR_FILES[name]) for name in refitted(config)}
        reports = self.folders.report("evaluate")
        card = write_card(config, self._facts(), reports, n_refit_speakers=self.data.n_speakers)
        measured, shipped = self.folders.bundle("evaluate"), self.folders.bundle("ship")
        shutil.copytree(measured, shipped, dirs_exist_ok=True)
        bundle: Any = Bundle.from_pretrained(measured)
        replace(bundle, card=card, **refit).save_pretrained(shipped)
        for name in refit:
            shutil.copyfile(measured / LINEAR_FILES[name], shipped / MEASURED[name])

    def uncalibrated(self) -> Classifier:
        """Load what was learned, as it is before validation decides anything."""
        return self._classifier(default_decision(self.data.config))

    def _classifier(self, decision: Decision) -> Classifier:
        codec = self.data.codec
        return Classifier.load(self._bundle(decision), codec, device=str(codec.device))

    def _bundle(self, decision: Decision, card: str = "") -> Bundle:
        config = self.data.config
        return Bundle(
            BundleConfig(
                task=config.task,
                labels=config.labels,
                multi_label=config.multi_label,
                calibration=decision.calibration,
                thresholds=decision.thresholds,
                codec=config.codec,
                codec_fingerprint=self.data.codec.fingerprint,
                speech_encoder_fingerprint=FINGERPRINT if config.encoder_probe else None,
                backbone=config.backbone,
                max_length=config.max_length,
                seeds=config.finetune.seeds,
            ),
            self.folders.read_vocabulary(),
            self.folders.read_rows(),
            {key: self.folders.read_adapter(*key) for key in adapter_keys(config)},
            self.folders.read_bag() if config.bag_of_tokens else None,
            self.folders.read_probe() if config.encoder_probe else None,
            card,
            self.folders.read_profiles(),
        )

    def _facts(self) -> dict[str, Any]:
        """Return the card's facts of the data and of the stages behind this bundle."""
        records = [record for _, record in self.data.records]
        done = [facts for step in self.steps if (facts := stage_facts(step))]
        return {
            "records": corpus_facts(records, self.data.encoded.codes, self.data.codec.frame_s),
            "voted": corpora_with_votes(records),
            "selection": self.folders.report("select"),
            "pretrain": self.folders.report("pretrain"),
            "shared": [str(shared) for shared in self.data.shared],
            "machine": " and ".join(sorted({facts["machine"] for facts in done})),
            "minutes": sum(facts["minutes"] for facts in done),
        }


def adapter_keys(config: RunConfig) -> list[tuple[Twin, int]]:
    """Return twin and seed of every adapter, text-only first."""
    return [(twin, seed) for twin in TWINS for seed in config.finetune.seeds]


def refitted(config: RunConfig) -> list[str]:
    """Return the names of the linear readers that ship refitted on all splits."""
    settings = ((name, getattr(config, name)) for name in LINEAR_FILES)
    return [name for name, found in settings if found and found.refit_on_all_splits]


def publish(made: Path, out: Path) -> None:
    """Copy the bundle of a stage to ``out``, unless it is there already."""
    names = [path.relative_to(made) for path in sorted(made.rglob("*")) if path.is_file()]
    measured = [Path(name) for name in MEASURED.values()]
    if _same(made, out, names) and all((n in names) == (out / n).is_file() for n in measured):
        return
    Bundle.from_pretrained(made).save_pretrained(out)
    for old in (*out.glob(picture_name("*")), *(out / name for name in measured)):
        if old.relative_to(out) not in names:
            old.unlink(missing_ok=True)
    for name in names:
        shutil.copyfile(made / name, out / name)
    logger.info("the bundle is in %s", out)


def _same(made: Path, out: Path, names: Iterable[Path]) -> bool:
    return all(
        (out / name).is_file() and filecmp.cmp(made / name, out / name, shallow=False)
        for name in names
    )


def measured_bundle(config: RunConfig) -> Bundle:
    """Return the bundle in ``config.out`` with linear readers fitted without test speakers."""
    bundle: Any = Bundle.from_pretrained(config.out)
    measured = {name: config.out / file for name, file in MEASURED.items()}
    found = {name: READERS_OF[name](path) for name, path in measured.items() if path.is_file()}
    return replace(bundle, **found)


def save_with_pictures(bundle: Bundle, reports: list[Report], folder: Path) -> None:
    """Save a bundle and the confusion-matrix figures of its card."""
    bundle.save_pretrained(folder)
    for report in reports:
        if np.any(report.get("confusion", 0)):
            picture = confusion_picture(report["confusion"], bundle.config.labels, report["corpus"])
            (folder / picture_name(report["corpus"])).write_bytes(picture)
