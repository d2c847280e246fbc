"""Whose files are whose, and how long they stay: until their last user leaves, or they expire."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from audiotok.errors import AudiotokError
from audiotok.language import say

PAGE_KEEPS_S = 3_600  # what somebody has on an open page, since it was last used
ELSE_KEEPS_S = 560  # everything else; swept often enough to be gone after ten minutes
SWEEP_EVERY_S = 30
Key = TypeVar("Key")


def everything_below(root: Path) -> Iterator[Path]:
    """Walk all files and folders, the innermost first; what vanishes meanwhile is passed over."""
    for folder, folders, files in os.walk(root, topdown=False):
        yield from (Path(folder) / name for name in (*files, *folders))


class Sessions:
    """The uploads and downloads of everyone who uses the page or its API.

    A session's name is chosen by its client, so it is only ever a key and never part of a path.

    Parameters
    ----------
    root : where uploads lie and where each session gets a folder for its downloads.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._users: dict[Path, set[str]] = {}
        self._folders: dict[str, Path] = {}
        self._beside: dict[Path, Path] = {}
        self._lock = threading.Lock()

    def remember(self, session: str | None, upload: str | None) -> None:
        """Note that an open page uses an uploaded file; files from elsewhere are not ours."""
        path = self._own_file(upload)
        if session and path:
            with self._lock:
                self._users.setdefault(path, set()).add(session)

    def touch(self, *uploads: str | None) -> None:
        """Note that an answer has just used these files, so that their time begins again."""
        for path in map(self._own_file, uploads):
            if path:
                with suppress(OSError):
                    os.utime(path)

    def folder(self, session: str | None) -> Path:
        """Give the folder for a session's downloads, under a name that nobody can guess.

        Raises
        ------
        AudiotokError
            When the request names no session.
        """
        if not session:
            raise AudiotokError(
                say("This request names no session; reload the page and try again.")
            )
        with self._lock:
            return self._folder(self._folders, session, "download-")

    def upload(self, path: str) -> Path | None:
        """Give the upload at a path; None where there is none, or something that we made."""
        upload = self._own_file(path)
        with self._lock:
            made = {*self._folders.values(), *self._beside.values()}
        return upload if upload and upload.parent not in made else None

    def folder_beside(self, upload: Path) -> Path:
        """Give a folder for what is made of an upload, which goes when the upload goes.

        Raises
        ------
        AudiotokError
            When there is no such upload any more.
        """
        with self._lock:
            if not self._own_file(str(upload)):
                raise AudiotokError(say("This clip has been deleted meanwhile; upload it again."))
            return self._folder(self._beside, upload, "copy-")

    def forget(self, session: str | None) -> None:
        """Delete a session's downloads, and its uploads that nobody else uses."""
        with self._lock:
            self._remove(self._folders.pop(session or "", None))
            for path, users in list(self._users.items()):
                if session not in users:
                    continue
                users.discard(session)
                if not users:
                    del self._users[path]
                    self._delete(path)

    def sweep(self, now: float | None = None) -> None:
        """Delete what nobody has used for long, whether it was ever analysed or not.

        Parameters
        ----------
        now : seconds since the epoch; the clock's where None.
        """
        now = time.time() if now is None else now
        with self._lock:
            for path in list(everything_below(self.root)):
                with suppress(OSError):  # gone meanwhile
                    self._delete_expired(path, now)
            self._users = {path: users for path, users in self._users.items() if path.exists()}
            self._folders = {name: path for name, path in self._folders.items() if path.exists()}
            self._beside = {path: copy for path, copy in self._beside.items() if copy.exists()}

    def keep_sweeping(self) -> None:
        """Sweep in the background for as long as the process lives."""

        def sweep_for_ever() -> None:
            while True:
                time.sleep(SWEEP_EVERY_S)
                self.sweep()

        threading.Thread(target=sweep_for_ever, daemon=True).start()

    def _delete_expired(self, path: Path, now: float) -> None:
        keeps_s = PAGE_KEEPS_S if path in self._users else ELSE_KEEPS_S
        # The time of change, which a copy does not take over from its original.
        if now - path.lstat().st_ctime <= keeps_s:
            return
        if path.is_dir() and not path.is_symlink():
            path.rmdir()  # refused, and right so, where it still holds something
        else:
            self._delete(path)

    def _folder(self, folders: dict[Key, Path], key: Key, prefix: str) -> Path:
        if key not in folders:
            folders[key] = Path(tempfile.mkdtemp(prefix=prefix, dir=self.root))
        folders[key].mkdir(mode=0o700, exist_ok=True)  # what has expired may be asked for again
        return folders[key]

    def _remove(self, folder: Path | None) -> None:
        if folder and self._is_inside(folder):
            shutil.rmtree(folder, ignore_errors=True)

    def _delete(self, path: Path) -> None:
        self._remove(self._beside.pop(path, None))
        if self._is_inside(path) and not path.is_dir():
            path.unlink(missing_ok=True)
            with suppress(OSError):  # others' files still lie beside it
                if path.parent != self.root:
                    path.parent.rmdir()

    def _own_file(self, upload: str | None) -> Path | None:
        if not upload:
            return None
        try:
            path = Path(upload).resolve()
            return path if self._is_inside(path) and path.is_file() else None
        except (OSError, ValueError):  # such as a name too long, or with a null character
            return None

    def _is_inside(self, path: Path) -> bool:
        return path != self.root and path.resolve().is_relative_to(self.root)
