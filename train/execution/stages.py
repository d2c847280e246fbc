"""Stages of a run, skipped while their inputs, code and outputs are unchanged.

A stage owns a folder. ``started.json`` in it records the inputs that the stage began with;
``done.json`` its outputs, time and machine. A folder with neither file is not touched.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from audiotok.errors import DataError
from train.execution import processes
from train.execution.file_digests import file_digest
from train.execution.source_code import code_digest

logger = logging.getLogger(__name__)

STARTED, DONE = "started.json", "done.json"
PACKAGES = ("torch", "transformers", "peft", "scikit-learn", "numpy")
Build = Callable[[Path], None]


def digest(inputs: Any) -> str:
    """Return a digest of JSON-able inputs; paths count by their names."""
    content = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Stage:
    """One step of a run.

    Attributes
    ----------
    folder : of the outputs; only this stage writes there.
    build : writes the outputs into that folder.
    outputs : names of the files in the folder that ``build`` must make; stages that need this one
        run again when their contents change.
    inputs : returns what the result depends on besides the needs and the code, JSON-able.
    needs : names of the stages whose outputs ``build`` reads.
    code : modules that compute the result; the stage runs again where their code has changed.
    collective : all processes take part in ``build``, not only the first; it alone writes.
    """

    name: str
    folder: Path
    build: Build
    outputs: tuple[str, ...]
    inputs: Callable[[], Any]
    needs: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    collective: bool = False


def run_graph(stages: Iterable[Stage], wanted: Iterable[str]) -> None:
    """Run the named stages and, before each, its dependencies."""
    by_name = {stage.name: stage for stage in stages}
    needs: dict[str, tuple[str, ...]] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in needs:
            needs[name] = by_name[name].needs
            waiting += needs[name]
    results: dict[str, str] = {}
    for name in TopologicalSorter(needs).static_order():
        stage = by_name[name]
        needed = {need: results[need] for need in stage.needs}
        results[name] = run_stage(
            name,
            stage.folder,
            [stage.inputs(), needed, code_digest(*stage.code)],
            stage.build,
            outputs=stage.outputs,
            collective=stage.collective,
        )


def run_stage(
    name: str,
    folder: Path,
    inputs: Any,
    build: Build,
    *,
    outputs: tuple[str, ...] = (),
    collective: bool = False,
) -> str:
    """Run ``build(folder)`` unless the folder holds the finished outputs of these inputs.

    It does when every file that ``build`` wrote is there in its full size. A folder begun with the
    same inputs is passed to ``build`` as it is, to resume; one begun with others is emptied first.

    Parameters
    ----------
    outputs : names of files in the folder that ``build`` must make.
    collective : all processes take part in ``build``, not only the first; it alone writes.

    Returns
    -------
    The digest of the outputs, or, where none are named, of the inputs: for the inputs of the stages
    that need this one.

    Raises
    ------
    DataError
        When the folder is not a stage's own or cannot be written, or an output was not made.
    """
    key = digest([name, inputs])
    # What the first sees counts: a network's disk may show it to others later.
    is_done = processes.gather(_is_done(folder, key, outputs))[0]
    if is_done:
        logger.info("%s: unchanged, skipped", name)
    elif processes.is_first():
        _prepare(name, folder, key)
        _build(name, folder, key, build, outputs, collective=collective)
    elif collective:
        processes.wait_for_all()
        with suppress(processes.WorkerFinishedError):
            build(folder)
    processes.wait_for_all()
    return str(_read(folder / DONE).get("result", key))


def stage_facts(folder: Path) -> dict[str, Any]:
    """Return a finished stage's ``minutes`` (over all resumed runs), ``machine``, ``versions``.

    Empty where the stage has not finished.
    """
    return {
        k: v for k, v in _read(folder / DONE).items() if k in {"minutes", "machine", "versions"}
    }


def machine() -> str:
    """Return the GPU's name, or the number of CPU threads and the architecture."""
    if torch.cuda.is_available():
        return f"one {torch.cuda.get_device_name()}"
    n = torch.get_num_threads()
    return f"{n} thread{'s' if n > 1 else ''} of {platform.machine()}"


def _is_done(folder: Path, key: str, outputs: tuple[str, ...]) -> bool:
    done = _read(folder / DONE)
    files = done.get("files")
    if done.get("key") != key or not isinstance(files, Mapping):
        return False
    return {*files} >= {*outputs} and all(_size(folder / f) == size for f, size in files.items())


def _prepare(name: str, folder: Path, key: str) -> None:
    """Create the folder, or reuse or empty one that the stage owns."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise DataError(f"'{folder}' is no folder of its own; name another 'work' for '{name}'.")
    begun = _read(folder / STARTED) or _read(folder / DONE)
    try:
        if not begun.get("key") and folder.exists() and any(folder.iterdir()):
            raise DataError(
                f"'{folder}' holds files that no training made, and '{name}' would delete them: "
                "move them, or name another 'work' in the config."
            )
        # A finished stage that lacks a file starts anew, since its checkpoints are gone.
        if begun.get("key") != key or (folder / DONE).exists():
            _empty(folder)
            begun = {}
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"'{folder}' cannot be written ({error.strerror}).") from error
    minutes = float(begun.get("minutes", 0)) + _minutes_lost(folder, begun)
    _write(folder / STARTED, {"key": key, "minutes": minutes, "began": time.time()})


def _build(
    name: str, folder: Path, key: str, build: Build, outputs: tuple[str, ...], *, collective: bool
) -> None:
    """Run ``build`` and record that it has finished."""
    logger.info("%s: running in %s", name, folder)
    before, began = _read(folder / STARTED)["minutes"], time.monotonic()
    if collective:
        processes.wait_for_all()
    try:
        with nullcontext() if collective else processes.alone():
            build(folder)
    finally:
        minutes = before + (time.monotonic() - began) / 60
        _write(folder / STARTED, {"key": key, "minutes": minutes})
    files = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (STARTED, DONE)
    }
    missing = [output for output in outputs if output not in files]
    if missing:
        raise DataError(f"The stage '{name}' did not make '{missing[0]}' in '{folder}'.")
    facts = {
        "key": key,
        "files": files,
        "minutes": round(minutes, 2),
        "machine": machine(),
        "versions": {package: version(package) for package in PACKAGES},
    }
    if outputs:
        facts["result"] = digest([[output, file_digest(folder / output)] for output in outputs])
    _write(folder / DONE, facts)


def _minutes_lost(folder: Path, begun: Mapping[str, Any]) -> float:
    """Return the minutes of a killed run, until it last wrote a file."""
    if "began" not in begun:
        return 0.0
    last = max((path.stat().st_mtime for path in folder.rglob("*")), default=0.0)
    return max(0.0, (last - float(begun["began"])) / 60)


def _empty(folder: Path) -> None:
    """Delete the contents of a stage's folder; symbolic links are not followed."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file atomically."""
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(json.dumps(content), encoding="utf-8")
    unfinished.replace(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
