"""One system on one task: fit each seed, score it on the test split, bag the seeds."""

from __future__ import annotations

import json
import logging
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors.numpy import load_file, save_file

from audiotok.errors import DataError
from train import metrics, processes
from train.config import ExperimentConfig, first_mistake
from train.confusion import confusion_picture
from train.data import read_corpora
from train.data.records import SPLITS
from train.mixture import check_labels, target_of
from train.stages import digest, run_stage
from train.systems import SYSTEMS, Item, System, Task

logger = logging.getLogger(__name__)

REPORT_FILE, ANSWERS_FILE, PICTURE_FILE = "report.json", "answers.safetensors", "confusion.png"
FEATURES = "features"  # beside the runs' folders: frozen encoders read each clip once
PACKAGES = ("torch", "transformers", "peft", "scikit-learn", "numpy")

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """What the seeds of a run said on the test split.

    Attributes
    ----------
    probabilities : shape ``(n_seeds, n_items, n_labels)``.
    targets : zeros and ones, shape ``(n_items, n_labels)``.
    """

    probabilities: Array
    targets: NDArray[np.int64]

    @classmethod
    def read(cls, folder: Path) -> Answers:
        """Read a finished run's answers."""
        found = load_file(folder / ANSWERS_FILE)
        return cls(found["probabilities"], found["targets"])

    @property
    def bagged(self) -> Array:
        """Mean over the seeds, shape ``(n_items, n_labels)``."""
        return np.asarray(self.probabilities.mean(axis=0))


def run_experiment(config: ExperimentConfig) -> dict[str, Any]:
    """Fit, score and report; what is finished is not done again.

    Raises
    ------
    DataError
        When the system or one of its settings is unknown, or a split has no items.
    """
    task = Task(config.task, config.labels, config.multi_label, config.metric)
    system, settings = find_system(config)
    items = read_items(config, text_alone="audio" not in system.modalities)
    inputs = [
        vars(task),
        config.system,
        [
            [split, i.record.id, i.record.text, i.target.tolist()]
            for split in SPLITS
            for i in items[split]
        ],
    ]
    began = time.monotonic()
    found = []
    for seed in config.seeds:
        folder = config.work / f"seed_{seed}"

        def build(folder: Path, seed: int = seed) -> None:
            fitted = system(task, settings, config.work.parent / FEATURES)
            fitted.fit(items["train"], items["validation"], seed, folder)
            fitted.save(folder / "fitted")
            answers = fitted.predict_proba(items["test"])
            save_file({"probabilities": answers}, folder / ANSWERS_FILE)

        name = f"{config.system['name']}, seed {seed}"
        run_stage(name, folder, [*inputs, seed], build, trains=system.learns)
        found.append(load_file(folder / ANSWERS_FILE)["probabilities"])
    targets = np.stack([item.target for item in items["test"]])
    answers = Answers(np.stack(found), targets)
    report = _report(config, task, system, answers) | {
        "n_items": {split: len(of_split) for split, of_split in items.items()},
        "inputs": digest(inputs),
        "minutes": round((time.monotonic() - began) / 60, 2),
    }
    if processes.is_first():
        _write(config, answers, report)
    return report


def read_items(config: ExperimentConfig, *, text_alone: bool) -> dict[str, list[Item]]:
    """Read the corpora into items by split; records that mean nothing to the task are left out.

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
    """Give the class of the config's system, and its settings, checked.

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
    save_file(vars(answers), config.work / ANSWERS_FILE)
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
        "versions": {name: version(name) for name in PACKAGES},
        "python": platform.python_version(),
    }
