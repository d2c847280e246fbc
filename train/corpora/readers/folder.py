"""A plain folder with a CSV: how researchers bring their own corpus.

``records.csv`` has the columns ``audio`` (paths relative to the table, several joined with ``|``,
empty for text alone), ``text``, ``labels`` (several joined with ``|``), ``speaker`` and ``split``.
``split`` may be missing: then the speaker lists of the config decide. ``Train`` or ``dev`` will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from audiotok.errors import DataError
from audiotok.table import clip_path, read_table
from train.corpora.audio_parts import Part
from train.corpora.records import Record, split_named, split_of

TABLE = "records.csv"


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> Iterator[Record]:
    """Read ``root/records.csv``."""
    table = root / TABLE
    if not table.is_file():
        raise DataError(
            f"A folder corpus needs '{table}' (columns audio, text, labels, speaker); a folder "
            "with metadata.csv or with one folder a label is read by 'audiofolder'."
        )
    rows = read_table(table, ("audio", "text", "labels", "speaker"))
    if not rows:
        raise DataError(f"'{table}' has no rows.")
    for row in rows:
        said = split_named(row.get("split", ""), f"Line {row.line} of '{table}'")
        yield Record(
            id=f"{root.name}-{row.line}",
            audio=tuple(Part(clip_path(root, path)) for path in listed(row["audio"])),
            text=row["text"],
            labels=listed(row["labels"]),
            speaker=row["speaker"],
            split=said or split_of(row["speaker"], splits),
            corpus=root.name,
        )


def listed(cell: str) -> tuple[str, ...]:
    """Split a cell at ``|``."""
    return tuple(part.strip() for part in cell.split("|") if part.strip())
