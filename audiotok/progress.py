"""How far a table of predictions has come, so that the same command goes on where it stopped.

Beside ``out.csv`` stands ``out.csv.progress``, a JSON with a digest of all that the rows depend on,
the number of rows that are done and the bytes that they take. It goes when the table is finished.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from audiotok.errors import DataError

SUFFIX = ".progress"
DAMAGED = "'{path}' does not say how far '{out}' has come; say --overwrite to begin anew."
OTHER = (
    "'{out}' was begun with another table, task or model; name another file with --out, or say "
    "--overwrite to begin anew."
)


@dataclass
class Progress:
    """The state of one table of predictions.

    Attributes
    ----------
    path : where it is kept.
    key : digest of the table and of the choices.
    model : which model predicts, empty until it is known.
    n_rows, n_bytes : what is done of the table, header included in the bytes.
    """

    path: Path
    out: Path
    key: str
    model: str = ""
    n_rows: int = 0
    n_bytes: int = 0

    @classmethod
    def of(
        cls, out: Path, table: Path, choices: dict[str, str | None], *, overwrite: bool
    ) -> Progress:
        """Read how far ``out`` has come.

        Raises
        ------
        DataError
            When ``out`` holds something that this command did not begin.
        """
        try:
            content = table.read_bytes()
        except OSError as error:
            raise DataError(f"The table '{table}' cannot be opened ({error.strerror}).") from error
        key = _digest(content + json.dumps(choices, sort_keys=True).encode())
        fresh = cls(out.with_name(out.name + SUFFIX), out, key)
        if overwrite or not out.is_file() or not out.stat().st_size:
            return fresh
        if not fresh.path.is_file():
            raise DataError(
                f"'{out}' holds something already; name another file with --out, or say "
                "--overwrite to replace it."
            )
        return fresh._continued()

    def _continued(self) -> Progress:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            key, model = str(found["key"]), str(found["model"])
            n_rows, n_bytes = int(found["n_rows"]), int(found["n_bytes"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(DAMAGED.format(path=self.path, out=self.out)) from error
        if key != self.key:
            raise DataError(OTHER.format(out=self.out))
        if min(n_rows, n_bytes) < 0 or n_bytes > self.out.stat().st_size:
            raise DataError(DAMAGED.format(path=self.path, out=self.out))
        return Progress(self.path, self.out, key, model, n_rows, n_bytes)

    def begin(self, file: TextIO, model: str) -> None:
        """Cut off what was not finished, once the model, told apart by ``model``, is known.

        Raises
        ------
        DataError
            When the rows that are there came from another model.
        """
        if self.n_rows and self.model != model:
            raise DataError(OTHER.format(out=self.out))
        self.model = model
        if file.seekable():  # a pipe or a device keeps nothing to go on from
            file.truncate(self.n_bytes if self.n_rows else 0)

    def note_row(self, file: TextIO) -> None:
        """Note that one more row has been written."""
        file.flush()
        self.n_rows += 1
        if not file.seekable():
            return
        self.n_bytes = os.fstat(file.fileno()).st_size
        state = {name: getattr(self, name) for name in ("key", "model", "n_rows", "n_bytes")}
        unfinished = self.path.with_name(self.path.name + ".unfinished")
        unfinished.write_text(json.dumps(state), encoding="utf-8")
        unfinished.replace(self.path)

    def end(self) -> None:
        """Forget it: the table is finished."""
        self.path.unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
