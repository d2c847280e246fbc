"""Whose files are whose, so that recordings go when their last user leaves."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path


class Sessions:
    """The uploads and downloads of everyone who has the page open.

    Parameters
    ----------
    root : where uploads lie and where each session gets a folder for its downloads.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._users: dict[Path, set[str]] = {}
        self._lock = threading.Lock()

    def remember(self, session: str, upload: str | None) -> None:
        """Note that a session uses an uploaded file; files from elsewhere are not ours."""
        if upload is None:
            return
        path = Path(upload).resolve()
        if path.is_relative_to(self.root):
            with self._lock:
                self._users.setdefault(path, set()).add(session)

    def folder(self, session: str) -> Path:
        """Give the folder for a session's downloads."""
        folder = self.root / "downloads" / session
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def forget(self, session: str) -> None:
        """Delete a session's downloads, and its uploads that nobody else uses."""
        shutil.rmtree(self.root / "downloads" / session, ignore_errors=True)
        with self._lock:
            for path, users in list(self._users.items()):
                users.discard(session)
                if not users:
                    path.unlink(missing_ok=True)
                    del self._users[path]
