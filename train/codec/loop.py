"""Training loop of the codec: batches by step, and checkpoints."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile, ZipFile

import torch
from torch.utils.data import DataLoader, Dataset

logger = logging.getLogger(__name__)

N_WORKERS = 6  # processes that make a GPU's batches

Batch = TypeVar("Batch")


def batches(
    dataset: Dataset[Batch], first: int, last: int, device: torch.device
) -> Iterator[Batch]:
    """Yield the batches of steps ``first`` to ``last - 1``; for a GPU from worker processes."""
    n_workers = 0 if device.type == "cpu" else N_WORKERS
    steps = range(first, last)
    return iter(DataLoader(dataset, batch_size=None, sampler=steps, num_workers=n_workers))


def save_state(state: dict[str, Any], path: Path, key: str) -> None:
    """Write a checkpoint atomically, keeping the one before.

    ``key`` is a digest of what the training depends on.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    torch.save({**state, "key": key}, unfinished)
    if path.is_file():
        path.replace(_before(path))
    unfinished.replace(path)


def load_state(path: Path, device: torch.device, key: str) -> dict[str, Any] | None:
    """Return the newest intact checkpoint with this key; None where there is none.

    Damaged ones and those of another config or other clips are skipped.
    """
    found = [each for each in (path, _before(path)) if each.is_file()]
    for each in found:
        if not _is_whole(each):
            logger.warning("The checkpoint '%s' is damaged or was not written to its end.", each)
            continue
        state = dict(torch.load(each, map_location=device, weights_only=True))
        if state.pop("key", None) == key:
            return state
        logger.warning("The checkpoint '%s' is of another config or of other clips.", each)
    if found:
        logger.warning("Nothing can go on from '%s', so training starts afresh.", path.parent)
    return None


def forget_before(path: Path) -> None:
    """Delete the checkpoint before the last one, after training."""
    _before(path).unlink(missing_ok=True)


def digest_of(tensors: Iterable[Any], settings: Any) -> str:
    """Return a digest of arrays or tensors, and settings, as a key of checkpoints."""
    whole = hashlib.sha256(repr(settings).encode())
    for tensor in tensors:
        values = torch.as_tensor(tensor).detach().cpu().contiguous().numpy()
        whole.update(repr(values.shape).encode())
        whole.update(values.tobytes())
    return whole.hexdigest()


def _before(path: Path) -> Path:
    return path.with_suffix(".before" + path.suffix)


def _is_whole(path: Path) -> bool:
    """Return whether a file of ``torch.save``, a zip archive, is undamaged."""
    try:
        with ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, BadZipFile):
        return False
