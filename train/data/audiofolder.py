"""A folder in the form that Hugging Face ``datasets`` calls ``audiofolder``.

Splits are folders (``train``, ``validation``, ``test``; without them the config's speaker lists
decide). ``metadata.csv`` or ``metadata.jsonl``, in each of them or above them, has ``file_name``
(relative to it) and what is known of ``text`` or ``transcription``, ``label`` or ``labels`` (joined
with ``|``, or a list), and ``speaker`` or ``speaker_id``. Without such a file the folder that a
clip lies in is its label.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from audiotok.audio import SUFFIXES
from audiotok.errors import DataError
from audiotok.table import read_table
from train.data.folder import listed
from train.data.parts import Part
from train.data.records import Record, split_of

TABLES = ("metadata.csv", "metadata.jsonl")
SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
}


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> Iterator[Record]:
    """Read what the tables name; without tables, every clip with its folder as its label."""
    found = [root / name for name in TABLES] + [
        folder / name for folder in _split_folders(root) for name in TABLES
    ]
    tables = [table for table in found if table.is_file()]
    rows = _rows(tables) if tables else _clips(root)
    empty = True
    for path, row in rows:
        empty = False
        inside = path.relative_to(root)
        speaker = _first(row, "speaker", "speaker_id")
        folder = inside.parts[0]
        yield Record(
            id=inside.with_suffix("").as_posix(),
            audio=(Part(path),),
            text=_first(row, "text", "transcription"),
            labels=listed(_first(row, "label", "labels")),
            speaker=speaker,
            split=SPLIT_FOLDERS.get(folder.casefold()) or split_of(speaker, splits),
            corpus=root.name,
        )
    if empty:
        raise DataError(
            f"No clip lies under '{root}' (metadata.csv, metadata.jsonl or <label>/….wav, in "
            "train, validation and test)."
        )


def _split_folders(root: Path) -> list[Path]:
    """Find the folders of splits, train first."""
    order = list(SPLIT_FOLDERS)
    present = [path for path in root.iterdir() if path.name.casefold() in SPLIT_FOLDERS]
    present.sort(key=lambda path: (order.index(path.name.casefold()), path.name))
    return [folder for folder in present if folder.is_dir()]


def _rows(tables: Sequence[Path]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for table in tables:
        rows = read_table(table, ("file_name",)) if table.suffix == ".csv" else _json_lines(table)
        for row in rows:
            name = Path(str(row["file_name"]))
            if name.is_absolute():
                raise DataError(f"'{table}' names '{name}'; paths must be relative to it.")
            yield table.parent / name, row


def _json_lines(table: Path) -> Iterator[Mapping[str, Any]]:
    try:
        lines = table.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"'{table}' is not text in UTF-8; save it as such.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            row["file_name"]
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"Line {number} of '{table}' is not a JSON object with 'file_name'."
            ) from error
        yield row


def _clips(root: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    folders = _split_folders(root) or [root]
    for folder in folders:
        for path in sorted(folder.glob("*/**/*")):
            if path.suffix.lower() in SUFFIXES and not _hidden(path, root):
                yield path, {"label": path.parent.name}


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _first(row: Mapping[str, Any], *names: str) -> str:
    """Give the value under the first of the names that has one; a list is joined with ``|``."""
    value = next((row[name] for name in names if row.get(name) not in (None, "")), "")
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)
