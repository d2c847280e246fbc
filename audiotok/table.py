"""A table of clips in, the same table with predictions out."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from audiotok.audio import AudioSource
from audiotok.classifier import Classifier
from audiotok.errors import AudiotokError, DataError

Row = dict[str, str]


def read_table(
    path: Path,
    needs: Sequence[str] = ("file", "text"),
    *,
    header: Sequence[str] | None = None,
    delimiter: str = ",",
    quoted: bool = True,
) -> list[Row]:
    """Read a CSV, or another table of text.

    What is predicted stands in ``file``, ``text`` and, where there is one, ``reference``. Paths are
    relative to the table; several of one row are joined with ``|``.

    Parameters
    ----------
    needs : columns that it must have.
    header : names of the columns, where its first line does not give them.
    quoted : whether quotation marks enclose values; otherwise they are part of the text.

    Raises
    ------
    DataError
        When the table is missing, is not UTF-8 text, or lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(
                file,
                header,
                restkey="",
                restval="",
                delimiter=delimiter,
                quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            )
            rows = [{name: value for name, value in row.items() if name} for row in reader]
            columns = reader.fieldnames or []
    except OSError as error:
        raise DataError(f"The table '{path}' cannot be opened ({error.strerror}).") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"'{path}' is not a CSV table in UTF-8; save it as one.") from error
    missing = [name for name in needs if name not in columns]
    if missing:
        raise DataError(f"The table '{path}' lacks the column '{missing[0]}'.")
    return rows


def predict_rows(classifier: Classifier, rows: Iterable[Row], folder: Path) -> list[Row]:
    """Predict every row; a bad one fills its ``error`` and stops nothing."""
    return [row | _prediction(classifier, row, folder) for row in rows]


def write_table(path: Path, rows: list[Row], labels: tuple[str, ...], columns: list[str]) -> None:
    """Write rows as CSV: their own columns, then the probabilities and ``error``."""
    names = [f"{twin}_{label}" for twin in ("text_only", "text_audio") for label in labels]
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*columns, *names, "error"], restval="")
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise DataError(f"The table '{path}' cannot be written ({error.strerror}).") from error


def _references(row: Row, folder: Path) -> list[AudioSource]:
    names = (name.strip() for name in row.get("reference", "").split("|"))
    return [folder / name for name in names if name]


def _prediction(classifier: Classifier, row: Row, folder: Path) -> Row:
    try:
        if not row["file"].strip():
            raise DataError("The row names no file.")
        references = _references(row, folder)
        prediction = classifier.predict(folder / row["file"], row["text"], references or None)
    except AudiotokError as error:
        return {"error": str(error)}
    except Exception as error:  # one clip that no one foresaw must not lose a night's table
        return {"error": f"The clip could not be analysed ({type(error).__name__}: {error})."}
    scores = {"text_only": prediction.text_only, "text_audio": prediction.text_audio}
    return {
        f"{twin}_{label}": f"{probability:.6f}"
        for twin, found in scores.items()
        for label, probability in found.as_dict().items()
    } | {"error": ""}
