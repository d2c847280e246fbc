"""A plain folder with a CSV: how researchers bring their own corpus.

``records.csv`` has the columns ``audio`` (paths relative to the table, several joined with ``|``,
empty for text alone), ``text``, ``labels`` (several joined with ``|``), ``speaker`` and ``split``.
``split`` may be missing: then the config's speaker lists decide.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from audiotok.errors import DataError
from train.data.parts import Part
from train.data.records import SPLITS, Record, split_of

TABLE = "records.csv"


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> list[Record]:
    """Read ``root/records.csv``."""
    table = root / TABLE
    if not table.is_file():
        raise DataError(f"A folder corpus needs '{table}' (columns audio, text, labels, speaker).")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise DataError(f"'{table}' has no rows.")
    missing = {"audio", "text", "labels", "speaker"} - set(rows[0])
    if missing:
        raise DataError(f"'{table}' lacks the columns {', '.join(sorted(missing))}.")
    records = []
    for number, row in enumerate(rows, start=2):
        split = row.get("split") or split_of(row["speaker"], splits)
        if split not in SPLITS:
            raise DataError(f"Line {number} of '{table}' has the unknown split '{split}'.")
        records.append(
            Record(
                id=f"{root.name}-{number}",
                audio=tuple(Part(root / part.strip()) for part in row["audio"].split("|") if part),
                text=row["text"] or "",
                labels=tuple(part.strip() for part in (row["labels"] or "").split("|") if part),
                speaker=row["speaker"] or "",
                split=split,
                corpus=root.name,
            )
        )
    return records
