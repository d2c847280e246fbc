"""Predict a table of clips row by row and write the same table with the predictions added."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from audiotok.audio import AudioSource
from audiotok.classifier import Classifier
from audiotok.errors import AudiotokError, DataError
from audiotok.progress import Progress
from audiotok.table import Row, Table, clip_path

TWINS = ("text_only", "text_audio")


@contextmanager
def opened(
    path: Path, table: Path, choices: dict[str, str | None], *, overwrite: bool = False
) -> Iterator[tuple[TextIO, Progress]]:
    """Open a table of predictions to append rows; yields the file and the progress so far.

    Parameters
    ----------
    path : the table of predictions.
    table : the table of clips.
    choices : what the predictions depend on besides the table; predictions that were begun with the
        same table and choices are continued.
    overwrite : replace a file that is there.

    Raises
    ------
    DataError
        When ``path`` is the table of clips, cannot be written, or holds anything else.
    """
    if path.exists() and table.exists() and path.samefile(table):
        raise DataError(f"--out would overwrite the table '{table}'; name another file.")
    progress = Progress.of(path, table, choices, overwrite=overwrite)
    is_new = not path.exists()
    try:
        file = path.open("a", encoding="utf-8", newline="")
    except OSError as error:
        raise DataError(f"The table '{path}' cannot be written ({error.strerror}).") from error
    with file:
        try:
            yield file, progress
        finally:
            if is_new and path.stat().st_size == 0:
                path.unlink()


def write_predictions(
    file: TextIO, progress: Progress, classifier: Classifier, table: Table, folder: Path
) -> Iterator[bool]:
    """Predict and write row by row; yields for each row whether it has an error.

    A row that fails gets a sentence in its column ``error``, and the others go on. Rows that an
    earlier run wrote are skipped. Columns of the table that have the name of a predicted one are
    replaced.

    Raises
    ------
    DataError
        When a row cannot be written, or the earlier rows are by another model.
    """
    scores = [f"{twin}_{label}" for twin in TWINS for label in classifier.labels]
    predicted = [*scores, *(f"{twin}_verdict" for twin in TWINS), "error"]
    kept = [
        (name, title)
        for name, title in zip(table.columns, table.titles, strict=True)
        if name not in {column.casefold() for column in predicted}
    ]
    progress.begin(file, classifier.identity)
    writer = csv.DictWriter(file, [*(title for _, title in kept), *predicted], restval="")
    if not progress.n_rows:
        writer.writeheader()
    for row in table.rows[progress.n_rows :]:
        found = _prediction(classifier, row, folder)
        try:
            writer.writerow({title: row[name] for name, title in kept} | found)
            progress.note_row(file)
        except OSError as error:  # such as a full disk
            raise DataError(
                f"Line {row.line} of the table could not be written ({error.strerror})."
            ) from error
        yield bool(found["error"])
    progress.end()


def _references(row: Row, folder: Path) -> list[AudioSource]:
    names = (name.strip() for name in row.get("reference", "").split("|"))
    return [clip_path(folder, name) for name in names if name]


def _prediction(classifier: Classifier, row: Row, folder: Path) -> dict[str, str]:
    try:
        if row.error:
            raise DataError(row.error)
        if not row["file"].strip():
            raise DataError("The row names no file.")
        references = _references(row, folder)
        clip = clip_path(folder, row["file"])
        prediction = classifier.predict(clip, row["text"], references or None)
    except AudiotokError as error:
        return {"error": str(error)}
    except Exception as error:  # one clip that no one foresaw must not lose a night's table
        return {"error": f"The clip could not be analysed ({type(error).__name__}: {error})."}
    twins = {"text_only": prediction.text_only, "text_audio": prediction.text_audio}
    found = {f"{twin}_verdict": scores.verdict for twin, scores in twins.items()}
    for twin, scores in twins.items():
        for label, probability in scores.as_dict().items():
            found[f"{twin}_{label}"] = f"{probability:.6f}"
    return found | {"error": ""}
