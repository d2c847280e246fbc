"""Stages that are skipped when their inputs have not changed and go on after a kill."""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from train import processes

logger = logging.getLogger(__name__)

STARTED, DONE = "started.json", "done.json"


def digest(inputs: Any) -> str:
    """Digest JSON-able inputs; paths count by their names."""
    content = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def run_stage(
    name: str,
    folder: Path,
    inputs: Any,
    build: Callable[[Path], None],
    *,
    trains: bool = False,
) -> str:
    """Run ``build(folder)`` unless the folder already holds what these inputs give.

    A folder begun with the same inputs is handed to ``build`` as it is, so that it can go on;
    one begun with others is emptied first.

    Parameters
    ----------
    trains : all processes take part in ``build``, not only the first.

    Returns
    -------
    The digest of the inputs, for the inputs of the next stage.
    """
    key = digest([name, inputs])
    is_done = _key(folder / DONE) == key
    processes.wait_for_all()
    if is_done:
        logger.info("%s: unchanged, skipped", name)
    elif processes.is_first():
        _build(name, folder, key, build, trains)
    elif trains:
        processes.wait_for_all()
        with suppress(processes.HelpedError):
            build(folder)
    processes.wait_for_all()
    return key


def _build(name: str, folder: Path, key: str, build: Callable[[Path], None], trains: bool) -> None:
    """Prepare the folder, build, and note that it is done."""
    if _key(folder / STARTED) != key:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / STARTED).write_text(json.dumps({"key": key}))
    logger.info("%s: running in %s", name, folder)
    began = time.monotonic()
    if trains:
        processes.wait_for_all()
    build(folder)
    unfinished = folder / (DONE + ".unfinished")
    minutes = round((time.monotonic() - began) / 60, 2)
    facts = {"key": key, "minutes": minutes, "machine": machine()}
    unfinished.write_text(json.dumps(facts))
    unfinished.replace(folder / DONE)


def machine() -> str:
    """Say what computes here."""
    if torch.cuda.is_available():
        return f"one {torch.cuda.get_device_name()}"
    return f"{torch.get_num_threads()} threads of {platform.machine()}"


def _key(path: Path) -> str:
    try:
        return str(json.loads(path.read_text())["key"])
    except (OSError, ValueError, KeyError):
        return ""
