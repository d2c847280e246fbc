"""Array files with atomic writes, for concurrent processes on several machines."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write a ``.npy`` file atomically; creates its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{uuid4().hex}")  # numbers of processes repeat on machines
    with unfinished.open("wb") as file:
        np.save(file, array)
    unfinished.replace(path)


def read_array(path: Path) -> NDArray[Any] | None:
    """Read an array; None where the file is missing or damaged."""
    try:
        found: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found


def holds_array(path: Path) -> bool:
    """Return whether a file is whole, by its header and size alone."""
    try:
        np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    return True
