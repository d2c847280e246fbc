"""Progress of a table of predictions, so that the same command continues after an interruption.

While ``out.csv`` is unfinished, ``out.csv.progress`` beside it is a JSON with a digest of all that
the rows depend on, the number of finished rows and their bytes.
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
    path : file that this state is stored in.
    out : the table of predictions.
    key : digest of the table of clips and of the choices.
    model : digest of the model, empty until it is known.
    n_rows, n_bytes : rows that are finished, and their bytes with the header's.
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
        """Return the progress of the table ``out``, at no rows where it is new or overwritten.

        Raises
        ------
        DataError
            When ``table`` cannot be read, or ``out`` holds anything but predictions that were begun
            with the same table and choices.
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
        """Truncate the table after its last finished row, and set the model that predicts.

        Raises
        ------
        DataError
            When the rows that are there are by another model.
        """
        if self.n_rows and self.model != model:
            raise DataError(OTHER.format(out=self.out))
        self.model = model
        if file.seekable():  # a pipe or a device keeps nothing to go on from
            file.truncate(self.n_bytes if self.n_rows else 0)

    def note_row(self, file: TextIO) -> None:
        """Count and store one more finished row."""
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
        """Delete the stored state of a table that is finished."""
        self.path.unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
