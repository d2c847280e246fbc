"""Integrity and rotation of Trainer checkpoints, for resuming after an interrupted write."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from train.execution import processes

logger = logging.getLogger(__name__)

SEAL = "files.json"  # written last: names the files of a checkpoint, with their digests
STATE = "trainer_state.json"
N_KEPT = 2  # the newest, and the one before in case the newest is damaged


def seal(folder: Path) -> None:
    """Write a manifest of a finished checkpoint's files, by which damage is detected."""
    files = {path.name: _digest(path) for path in folder.iterdir() if path.is_file()}
    unfinished = folder / (SEAL + ".unfinished")
    unfinished.write_text(json.dumps(files))
    unfinished.replace(folder / SEAL)


def is_whole(folder: Path) -> bool:
    """Return whether a checkpoint has a manifest and every file matches it."""
    try:
        files = json.loads((folder / SEAL).read_text())
        return all(_digest(folder / name) == digest for name, digest in files.items())
    except (OSError, ValueError, AttributeError):
        return False


def newest_usable(folder: Path) -> Path | None:
    """Return the newest intact checkpoint whose best checkpoint so far is intact too, or None.

    Both are needed to resume: training ends with the best one's weights.
    """
    found = _by_age(folder)
    for checkpoint in reversed(found):
        if is_whole(checkpoint) and ((best := best_of(checkpoint)) is None or is_whole(best)):
            return checkpoint
        logger.warning("The checkpoint '%s' is damaged or was not written to its end.", checkpoint)
    if found:
        logger.warning("No checkpoint in '%s' is whole, so training starts afresh.", folder)
    return None


def remove_unneeded(folder: Path, newest: Path | None) -> None:
    """Delete checkpoints after ``newest``, and all that neither it nor its predecessor needs."""
    found = _by_age(folder)
    kept = found[: found.index(newest) + 1][-N_KEPT:] if newest else []
    needed = {*kept, *(best_of(checkpoint) for checkpoint in kept)}
    for checkpoint in found:
        if checkpoint not in needed:
            shutil.rmtree(checkpoint, ignore_errors=True)


def best_of(checkpoint: Path) -> Path | None:
    """Return the best checkpoint that ``checkpoint`` names, also after the folder was moved."""
    try:
        best = json.loads((checkpoint / STATE).read_text())["best_global_step"]
    except (OSError, ValueError, KeyError):
        return None
    return checkpoint.with_name(f"checkpoint-{best}") if best else None


def has_stopped(checkpoint: Path) -> bool:
    """Return whether training had ended here, by early stopping or at its last step."""
    control = json.loads((checkpoint / STATE).read_text())["stateful_callbacks"]["TrainerControl"]
    return bool(control["args"]["should_training_stop"])


class Checkpoints(TrainerCallback):
    """Trainer callback: writes manifests once all processes have saved, then rotates."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Update the path of the best checkpoint, in case the folder was moved."""
        if state.best_global_step:
            best = Path(args.output_dir) / f"checkpoint-{state.best_global_step}"
            state.best_model_checkpoint = str(best)

    def on_save(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Write the manifest of the new checkpoint and delete those not needed."""
        processes.wait_for_all()
        if processes.is_first():
            folder = Path(args.output_dir)
            newest = folder / f"checkpoint-{state.global_step}"
            seal(newest)
            remove_unneeded(folder, newest)


def _by_age(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, the oldest first."""
    steps = [path.name.removeprefix("checkpoint-") for path in folder.glob("checkpoint-*")]
    return [folder / f"checkpoint-{step}" for step in sorted(map(int, filter(str.isdigit, steps)))]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
