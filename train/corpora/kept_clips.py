"""Storage of clips that come as bytes, as files named by content."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def keep(data: bytes, folder: Path) -> Path:
    """Write encoded audio to ``folder``, named by its SHA-256, unless it exists; returns the path.

    The file's time of change then stays, so its cached codes are found without decoding it.
    """
    digest = hashlib.sha256(data).hexdigest()
    path = folder / digest[:2] / digest
    if not path.is_file() or path.stat().st_size != len(data):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(data)
        unfinished.replace(path)
    return path
