"""Folders that will be written into, looked at before the work that fills them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from audiotok.errors import DataError


def check_output(folder: Path, what: str, is_one: Callable[[Path], bool]) -> None:
    """Raise where an output would overwrite what is none of its kind, or cannot be written.

    Parameters
    ----------
    what : name of the kind.
    is_one : says whether an output of the kind lies in a folder, and may be written over.
    """
    check_writable(folder, "out")
    if folder.is_dir() and any(folder.iterdir()) and not is_one(folder):
        raise DataError(
            f"'{folder}' holds files but no {what}, and a {what} would overwrite some of them: "
            "name another 'out' in the config, or move them."
        )


def check_writable(folder: Path, setting: str) -> None:
    """Raise where a folder, which may not be there yet, cannot be made or written into."""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise DataError(f"'{folder}' cannot be made, since '{existing}' is a file ('{setting}').")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise DataError(f"'{existing}' cannot be written into; name another '{setting}'.")
