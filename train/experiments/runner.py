"""Run one system on one task: fit each seed, score it on the test split, bag the seeds."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors.numpy import load_file, save_file

from audiotok.errors import DataError
from train.corpora.reading import read_corpora
from train.corpora.records import SPLITS
from train.encoding.features import clip_digest
from train.evaluation import metrics
from train.evaluation.confusion import confusion_picture
from train.execution import processes
from train.execution.source_code import code_digest
from train.execution.stages import digest, run_stage, stage_facts
from train.experiments.systems import SYSTEMS, Item, System, Task
from train.method.training_examples import check_labels, target_of
from train.settings.task import ExperimentConfig
from train.settings.yaml_files import first_mistake

logger = logging.getLogger(__name__)

REPORT_FILE, ANSWERS_FILE, PICTURE_FILE = "report.json", "answers.safetensors", "confusion.png"
ITEMS_FILE = "items.json"
FEATURES = "features"  # beside the runs' folders: frozen encoders read each clip once

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """Test-split probabilities of a run's seeds.

    Attributes
    ----------
    probabilities : shape ``(n_seeds, n_items, n_labels)``.
    targets : zeros and ones, shape ``(n_items, n_labels)``.
    items : ``<corpus>/<id>`` of each item; empty in runs of older versions.
    """

    probabilities: Array
    targets: NDArray[np.int64]
    items: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Answers:
        """Read a finished run's probabilities and targets."""
        found = load_file(folder / ANSWERS_FILE)
        path = folder / ITEMS_FILE
        items = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else ()
        return cls(found["probabilities"], found["targets"], tuple(items))

    @property
    def bagged(self) -> Array:
        """Mean probabilities over the seeds, shape ``(n_items, n_labels)``."""
        return np.asarray(self.probabilities.mean(axis=0))


def run_experiment(config: ExperimentConfig) -> dict[str, Any]:
    """Fit and score all seeds, and return the report; finished seeds are not repeated.

    Raises
    ------
    DataError
        When the system or one of its settings is unknown, or a split has no items.
    """
    task = Task(config.task, config.labels, config.multi_label, config.metric)
    system, settings = find_system(config)
    items = read_items(config, text_alone="audio" not in system.modalities)
    inputs = _inputs(config, system(task, settings, config.work.parent / FEATURES, config.device))
    inputs.append([[split, *_facts(item, system)] for split in SPLITS for item in items[split]])
    found = []
    for seed in config.seeds:

        def build(folder: Path, seed: int = seed) -> None:
            fitted = system(task, settings, config.work.parent / FEATURES, config.device)
            fitted.fit(items["train"], items["validation"], seed, folder)
            answers = fitted.predict_proba(items["test"])
            if processes.is_first():
                save_file({"probabilities": answers}, folder / ANSWERS_FILE)

        name = f"{config.system['name']}, seed {seed}"
        folder = _folder(config, seed)
        run_stage(name, folder, [*inputs, seed], build, outputs=(ANSWERS_FILE,), collective=True)
        found.append(load_file(folder / ANSWERS_FILE)["probabilities"])
    targets = np.stack([item.target for item in items["test"]])
    answers = Answers(np.stack(found), targets, tuple(_name(item) for item in items["test"]))
    report = _report(config, task, system, answers) | {
        "n_items": {split: len(of_split) for split, of_split in items.items()},
        "inputs": digest(inputs),
        **_run_facts([stage_facts(_folder(config, seed)) for seed in config.seeds]),
    }
    if processes.is_first():
        _write(config, answers, report)
    return report


def _folder(config: ExperimentConfig, seed: int) -> Path:
    return config.work / f"seed_{seed}"


def _inputs(config: ExperimentConfig, system: System[Any]) -> list[Any]:
    """Return what a seed's probabilities depend on besides items: settings, weights and code."""
    settings = system.settings.model_dump(mode="json")
    code = code_digest(*system.modules())
    return [vars(system.task), config.system["name"], settings, system.models, code]


def _facts(item: Item, system: type[System[Any]]) -> list[Any]:
    """Return what a system reads of an item: its id, text, target and audio digest."""
    audio = clip_digest(item.record.audio) if "audio" in system.modalities else []
    return [_name(item), item.record.text, item.target.tolist(), audio]


def _name(item: Item) -> str:
    return f"{item.record.corpus}/{item.record.id}"


def _run_facts(facts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return total minutes, machines and package versions of the seeds' runs."""
    versions = {
        package: " and ".join(sorted({str(each["versions"][package]) for each in facts}))
        for package in facts[0]["versions"]
    }
    return {
        "minutes": round(sum(each["minutes"] for each in facts), 2),
        "machine": " and ".join(sorted({each["machine"] for each in facts})),
        "versions": versions,
    }


def read_items(config: ExperimentConfig, *, text_alone: bool) -> dict[str, list[Item]]:
    """Return labelled items by split; records that are not part of the task are left out.

    Raises
    ------
    DataError
        When a split has no items, or not of each label.
    """
    records = read_corpora(config.corpora, config.data_dir, text_alone=text_alone)
    items: dict[str, list[Item]] = {split: [] for split in SPLITS}
    for _, record in records:
        target = target_of(record, config)
        if target is not None and (config.multi_label or target.any()):
            items[record.split].append(Item(record, target))
    for split, of_split in items.items():
        if not of_split:
            raise DataError(f"The {split} split of task '{config.task}' has no items.")
    check_labels(records, config)
    return items


def find_system(config: ExperimentConfig) -> tuple[type[System[Any]], Any]:
    """Return the class of the config's system, and its validated settings.

    Raises
    ------
    DataError
        When no system or metric has the name, or a setting is wrong.
    """
    settings = dict(config.system)
    name = settings.pop("name", None)
    if name not in SYSTEMS:
        raise DataError(f"There is no system '{name}'; there are {', '.join(SYSTEMS)}.")
    if config.metric not in metrics.METRICS:
        known = ", ".join(metrics.METRICS)
        raise DataError(f"There is no metric '{config.metric}'; there are {known}.")
    system = SYSTEMS[name]
    try:
        return system, system.Settings.model_validate(settings)
    except ValidationError as error:
        raise DataError(f"System '{name}' is wrong at {first_mistake(error)}") from error


def _write(config: ExperimentConfig, answers: Answers, report: dict[str, Any]) -> None:
    arrays = {"probabilities": answers.probabilities, "targets": answers.targets}
    save_file(arrays, config.work / ANSWERS_FILE)
    (config.work / ITEMS_FILE).write_text(json.dumps(answers.items) + "\n", encoding="utf-8")
    text = json.dumps(report, indent=1) + "\n"
    (config.work / REPORT_FILE).write_text(text, encoding="utf-8")
    if not config.multi_label:
        picture = confusion_picture(report["confusion"], config.labels, config.task)
        (config.work / PICTURE_FILE).write_bytes(picture)
    logger.info("%s: %.3f bagged, in %s", config.metric, report["bagged"], config.work)


def _report(
    config: ExperimentConfig, task: Task, system: type[System[Any]], answers: Answers
) -> dict[str, Any]:
    per_seed = [task.score(found, answers.targets) for found in answers.probabilities]
    return {
        "task": config.task,
        "system": config.system["name"],
        "modality": "+".join(m for m in ("text", "audio") if m in system.modalities),
        "config": config.model_dump(mode="json"),
        "metric": config.metric,
        "seeds": list(config.seeds),
        "per_seed": per_seed,
        "mean": float(np.mean(per_seed)),
        "deviation": float(np.std(per_seed)),
        "bagged": task.score(answers.bagged, answers.targets),
        "per_label": metrics.per_label(answers.bagged, answers.targets, config.labels),
        "confusion": metrics.confusion(answers.bagged, answers.targets).tolist(),
    }
