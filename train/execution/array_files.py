"""Arrays on disk that several processes, on several machines, write and read at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write a whole ``.npy`` file or none, in a folder that is made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{uuid4().hex}")  # numbers of processes repeat on machines
    with unfinished.open("wb") as file:
        np.save(file, array)
    unfinished.replace(path)


def read_array(path: Path) -> NDArray[Any] | None:
    """Read an array; None where there is no file or not a whole one."""
    try:
        found: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found


def holds_array(path: Path) -> bool:
    """Whether ``read_array`` would find one, told by the file's head and size alone."""
    try:
        np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    return True
