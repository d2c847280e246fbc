"""A folder in the form that Hugging Face ``datasets`` calls ``audiofolder``.

Splits are folders (``train``, ``validation``, ``test``) or a column ``split``; without either the
config's speaker lists decide. ``metadata.csv`` or ``metadata.jsonl``, in each of the folders or
above them, has ``file_name`` (relative to it) and what is known of ``text`` or ``transcription``,
``label`` or ``labels`` (joined with ``|``, or a list), and ``speaker`` or ``speaker_id``. Without
such a file the folder that a clip lies in is its label.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiotok.audio import SUFFIXES
from audiotok.errors import DataError
from audiotok.table import is_absolute, read_table
from train.corpora.audio_parts import Part
from train.corpora.readers.folder import listed
from train.corpora.records import SPLIT_NAMES, Record, split_named, split_of

logger = logging.getLogger(__name__)

TABLES = ("metadata.csv", "metadata.jsonl")


@dataclass(frozen=True)
class _Row:
    """A clip with its metadata; ``where`` begins an error message about it."""

    path: Path
    cells: Mapping[str, Any]
    where: str


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> Iterator[Record]:
    """Read the clips of the metadata tables; without tables, all clips labelled by folder."""
    found = [root / name for name in TABLES] + [
        folder / name for folder in _split_folders(root) for name in TABLES
    ]
    tables = [table for table in found if table.is_file()]
    rows = list(_rows(root, tables) if tables else _clips(root))
    if not rows:
        raise DataError(
            f"No clip lies under '{root}' (metadata.csv, metadata.jsonl or <label>/….wav, in "
            "train, validation and test)."
        )
    _name_left_out(root, {row.path for row in rows})
    for row in rows:
        inside = row.path.relative_to(root)
        speaker = _first(row.cells, "speaker", "speaker_id")
        yield Record(
            id=inside.as_posix(),
            audio=(Part(row.path),),
            text=_first(row.cells, "text", "transcription"),
            labels=listed(_first(row.cells, "label", "labels")),
            speaker=speaker,
            split=_split(row, inside) or split_of(speaker, splits),
            corpus=root.name,
        )


def _split(row: _Row, inside: Path) -> str:
    """Return the split that the row or its folder names; empty where neither does."""
    said = split_named(_first(row.cells, "split"), row.where)
    folder = SPLIT_NAMES.get(inside.parts[0].casefold(), "") if len(inside.parts) > 1 else ""
    if said and folder and said != folder:
        raise DataError(
            f"{row.where} says '{said}', but '{inside.as_posix()}' lies in the folder of "
            f"'{folder}'; correct one of them."
        )
    return said or folder


def _split_folders(root: Path) -> list[Path]:
    """Return the folders of splits, train first."""
    order = list(SPLIT_NAMES)
    present = [path for path in root.iterdir() if path.name.casefold() in SPLIT_NAMES]
    present.sort(key=lambda path: (order.index(path.name.casefold()), path.name))
    return [folder for folder in present if folder.is_dir()]


def _rows(root: Path, tables: Sequence[Path]) -> Iterator[_Row]:
    for table in tables:
        for line, cells in _csv(table) if table.suffix == ".csv" else _json_lines(table):
            where = f"Line {line} of '{table}'"
            name = cells.get("file_name")
            if not isinstance(name, str) or not name.strip():
                raise DataError(f"{where} names no clip in 'file_name'; complete or remove it.")
            name = name.strip()
            path = table.parent / name
            if "\\" in name and not path.exists():
                path = table.parent / name.replace("\\", "/")
            if is_absolute(name) or not path.resolve().is_relative_to(root.resolve()):
                raise DataError(
                    f"{where} names '{name}'; a clip must lie in the corpus, by a relative path."
                )
            yield _Row(path, cells, where)


def _csv(table: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for row in read_table(table, ("file_name",)):
        yield row.line, row


def _json_lines(table: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield line numbers and objects, with keys normalised as column names are."""
    try:
        lines = table.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"'{table}' is not text in UTF-8; save it as such.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = {str(key).strip().casefold(): value for key, value in json.loads(line).items()}
            row["file_name"]
        except (ValueError, KeyError, AttributeError, RecursionError) as error:
            raise DataError(
                f"Line {number} of '{table}' is not a JSON object with 'file_name'."
            ) from error
        yield number, row


def _clips(root: Path) -> Iterator[_Row]:
    for folder in _split_folders(root) or [root]:
        for path in _sounds(folder):
            if path.parent != folder:
                yield _Row(path, {"label": path.parent.name}, f"'{path.name}'")


def _sounds(folder: Path) -> Iterable[Path]:
    """Return clips at any depth, without hidden files."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            yield path


def _name_left_out(root: Path, named: set[Path]) -> None:
    if left_out := [path for path in _sounds(root) if path not in named]:
        first = left_out[0].relative_to(root).as_posix()
        logger.warning(
            "left out: %d clips that no table or folder of a label names, such as '%s'",
            len(left_out),
            first,
        )


def _first(row: Mapping[str, Any], *names: str) -> str:
    """Return the value of the first of these columns with one; lists are joined with ``|``."""
    value = next((row[name] for name in names if row.get(name) not in (None, "")), "")
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)
