"""Checks of output folders, made before the work that fills them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from audiotok.errors import DataError


def check_output(folder: Path, what: str, is_one: Callable[[Path], bool]) -> None:
    """Raise where an output folder holds something else, or cannot be written.

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
    """Raise where a folder, existing or not, cannot be created or written to."""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise DataError(f"'{folder}' cannot be made, since '{existing}' is a file ('{setting}').")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise DataError(f"'{existing}' cannot be written into; name another '{setting}'.")
