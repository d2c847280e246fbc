"""SHA-256 digests of files, remembered while size and times of change stay the same."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


def file_digest(path: Path) -> str:
    """Return a file's SHA-256; OSError where there is none.

    It is read again only where size, mtime or ctime (which cannot be set by hand) changed.
    """
    status = path.stat()
    return _content(path.resolve(), status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@cache
def _content(path: Path, *times_and_size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
