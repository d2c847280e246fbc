"""How much room uploads may take on disk, all together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audiotok.errors import AudiotokError
from audiotok.language import say
from audiotok.ui.session import everything_below

MAX_BYTES = 2_000_000_000
LEAST_BYTES = 16_384  # what a small file and its folder take at least


class Room:
    """The disk that uploads share.

    Parameters
    ----------
    root : the folder of all uploads.
    max_bytes : what they may take together.
    """

    def __init__(self, root: Path, max_bytes: int = MAX_BYTES) -> None:
        self.root = root
        self.max_bytes = max_bytes
        self._arriving = 0
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, n_bytes: int) -> Iterator[None]:
        """Take room for an upload while it arrives; afterwards it counts as a file.

        Raises
        ------
        AudiotokError
            When there is not as much left.
        """
        n_bytes = max(n_bytes, LEAST_BYTES)
        with self._lock:
            if self._on_disk() + self._arriving + n_bytes > self.max_bytes:
                raise AudiotokError(
                    say(
                        "The clips of all visitors fill the room that this server has for them "
                        "({gigabytes:g} GB); try again in ten minutes, when some have gone.",
                        gigabytes=self.max_bytes / 1e9,
                    )
                )
            self._arriving += n_bytes
        try:
            yield
        finally:
            with self._lock:
                self._arriving -= n_bytes

    def _on_disk(self) -> int:
        total = 0
        for path in everything_below(self.root):
            try:
                total += max(path.lstat().st_size, LEAST_BYTES) if path.is_file() else 0
            except OSError:  # gone meanwhile
                continue
        return total
