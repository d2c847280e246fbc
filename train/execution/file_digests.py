"""What a file holds, as a digest that is found again while the file has not changed."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


def file_digest(path: Path) -> str:
    """Digest a file's content with SHA-256; OSError where there is none.

    It is read again only where size or one of the times says that it may have changed, of which
    the time of the last change of its entry cannot be set by hand.
    """
    status = path.stat()
    return _content(path.resolve(), status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@cache
def _content(path: Path, *times_and_size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
