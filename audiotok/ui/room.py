"""How much room uploads may take on disk: all together, and those of one address."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from audiotok.errors import AudiotokError
from audiotok.language import mark, say
from audiotok.ui.session import everything_below

MAX_BYTES = 2_000_000_000
LEAST_BYTES = 16_384  # what a small file and its folder take at least
# Of the room, what one address may fill; a school behind it has a gigabyte of two, which is a
# thousand recordings of a minute as browsers make them.
SHARE = 0.5
NOBODY = ""

FULL = mark(
    "The clips of all visitors fill the room that this server has for them ({gigabytes:g} GB); try "
    "again in ten minutes, when some have gone."
)
FULL_THERE = mark(
    "The clips that came from where you are fill the room that one place has on this server "
    "({gigabytes:g} GB); try again in ten minutes, when some have gone."
)


class Room:
    """The disk that uploads share.

    Parameters
    ----------
    root : the folder of all uploads.
    max_bytes : what they may take together.
    """

    def __init__(self, root: Path, max_bytes: int = MAX_BYTES) -> None:
        self.root = root.resolve()
        self.max_bytes = max_bytes
        self._arriving: Counter[str] = Counter()
        self._brought: dict[Path, str] = {}
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, n_bytes: int, address: str = NOBODY) -> Iterator[None]:
        """Take room for a file while it arrives; afterwards it counts as one that is there.

        Parameters
        ----------
        address : whence it comes.

        Raises
        ------
        AudiotokError
            When there is not as much left, for everybody or for that address.
        """
        n_bytes = max(n_bytes, LEAST_BYTES)
        with self._lock:
            there = self._on_disk() + self._arriving
            if there.total() + n_bytes > self.max_bytes:
                raise AudiotokError(say(FULL, gigabytes=self.max_bytes / 1e9))
            share = SHARE * self.max_bytes
            if address != NOBODY and there[address] + n_bytes > share:
                raise AudiotokError(say(FULL_THERE, gigabytes=share / 1e9))
            self._arriving[address] += n_bytes
        try:
            yield
        finally:
            with self._lock:
                self._arriving -= Counter({address: n_bytes})

    def note(self, paths: Iterable[Path], address: str) -> None:
        """Note whence files came; of the same sound sent twice there is one, its first sender's."""
        with self._lock:
            for path in paths:
                self._brought.setdefault(path.resolve(), address)

    def sender(self, path: Path) -> str:
        """Return the address from which a file came, or ``NOBODY``."""
        return self._brought.get(path, NOBODY)

    def _on_disk(self) -> Counter[str]:
        """Return the bytes that lie there by the address that they came from."""
        total: Counter[str] = Counter()
        brought: dict[Path, str] = {}
        for path in everything_below(self.root):
            with suppress(OSError):  # gone meanwhile
                if path.is_file():
                    total[self.sender(path)] += max(path.lstat().st_size, LEAST_BYTES)
                    brought[path] = self.sender(path)
        self._brought = {path: sender for path, sender in brought.items() if sender != NOBODY}
        return total
