"""Checkpoints that a kill may cut short: which of them are whole, and which are still needed."""

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
    """Note the files of a finished checkpoint, so that damage shows."""
    files = {path.name: _digest(path) for path in folder.iterdir() if path.is_file()}
    unfinished = folder / (SEAL + ".unfinished")
    unfinished.write_text(json.dumps(files))
    unfinished.replace(folder / SEAL)


def is_whole(folder: Path) -> bool:
    """Say whether a checkpoint was written to its end and every file is as it was written."""
    try:
        files = json.loads((folder / SEAL).read_text())
        return all(_digest(folder / name) == digest for name, digest in files.items())
    except (OSError, ValueError, AttributeError):
        return False


def newest_usable(folder: Path) -> Path | None:
    """Find the newest checkpoint that training can go on from; those after it are passed over.

    A checkpoint needs the best one so far too: training ends with that one's weights.
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
    """Remove what came after ``newest``, and what neither it nor the one before it needs."""
    found = _by_age(folder)
    kept = found[: found.index(newest) + 1][-N_KEPT:] if newest else []
    needed = {*kept, *(best_of(checkpoint) for checkpoint in kept)}
    for checkpoint in found:
        if checkpoint not in needed:
            shutil.rmtree(checkpoint, ignore_errors=True)


def best_of(checkpoint: Path) -> Path | None:
    """Give the checkpoint that was the best one so far, wherever the folder has moved since."""
    try:
        best = json.loads((checkpoint / STATE).read_text())["best_global_step"]
    except (OSError, ValueError, KeyError):
        return None
    return checkpoint.with_name(f"checkpoint-{best}") if best else None


def has_stopped(checkpoint: Path) -> bool:
    """Say whether training had decided to stop, by patience or at its last step."""
    control = json.loads((checkpoint / STATE).read_text())["stateful_callbacks"]["TrainerControl"]
    return bool(control["args"]["should_training_stop"])


class Checkpoints(TrainerCallback):
    """Seals each checkpoint when all processes have written it, and only then removes others."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Find the best checkpoint where it lies now."""
        if state.best_global_step:
            best = Path(args.output_dir) / f"checkpoint-{state.best_global_step}"
            state.best_model_checkpoint = str(best)

    def on_save(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Seal the checkpoint that was just written."""
        processes.wait_for_all()
        if processes.is_first():
            folder = Path(args.output_dir)
            newest = folder / f"checkpoint-{state.global_step}"
            seal(newest)
            remove_unneeded(folder, newest)


def _by_age(folder: Path) -> list[Path]:
    """Give the checkpoints in a folder, the oldest first."""
    steps = [path.name.removeprefix("checkpoint-") for path in folder.glob("checkpoint-*")]
    return [folder / f"checkpoint-{step}" for step in sorted(map(int, filter(str.isdigit, steps)))]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
