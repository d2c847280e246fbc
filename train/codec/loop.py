"""What the trainings of the codec share: batches that are found by their step, states on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

N_WORKERS = 6  # processes that make a GPU's batches

Batch = TypeVar("Batch")


def batches(
    dataset: Dataset[Batch], first: int, last: int, device: torch.device
) -> Iterator[Batch]:
    """The batches of steps ``first`` to ``last - 1``; a GPU gets them from processes beside it."""
    n_workers = 0 if device.type == "cpu" else N_WORKERS
    steps = range(first, last)
    return iter(DataLoader(dataset, batch_size=None, sampler=steps, num_workers=n_workers))


def save_state(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint so that a kill leaves the one before or this one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    torch.save(state, unfinished)
    unfinished.replace(path)


def load_state(path: Path, device: torch.device) -> dict[str, Any] | None:
    """Read a checkpoint; None where there is none."""
    if not path.is_file():
        return None
    return dict(torch.load(path, map_location=device, weights_only=True))
