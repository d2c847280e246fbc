"""Read CSV tables as spreadsheets of any locale write them; malformed rows are kept and marked."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from audiotok.delimited import Form, Record, lines_of, records
from audiotok.errors import DataError

DELIMITERS = (",", ";", "\t")
SEPARATOR_LINE = re.compile(r"\"?sep=(.)\"?\s*", re.IGNORECASE)  # Excel's own first line


class Row(dict[str, str]):
    """One row of a table: its cells by column.

    Attributes
    ----------
    line : its first line in the file, from 1.
    error : a sentence that says what is malformed in it; empty if nothing.
    """

    def __init__(self, cells: Iterable[tuple[str, str]], line: int, error: str = "") -> None:
        super().__init__(cells)
        self.line = line
        self.error = error


@dataclass(frozen=True)
class Table:
    """The contents of a table.

    Attributes
    ----------
    columns : names of the columns, lower-case and stripped, the keys of rows.
    titles : the same as written in the file.
    rows : all rows, malformed ones included.
    """

    columns: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(
    path: Path,
    needs: Sequence[str] = ("file", "text"),
    *,
    header: Sequence[str] | None = None,
    delimiter: str | None = None,
    quoted: bool = True,
) -> list[Row]:
    """Read a table and return its rows; parameters as for ``scan_table``.

    Raises
    ------
    DataError
        As ``scan_table`` does, and where a row is malformed; names its line.
    """
    table = scan_table(path, needs, header=header, delimiter=delimiter, quoted=quoted)
    for row in table.rows:
        if row.error:
            raise DataError(row.error)
    return list(table.rows)


def scan_table(
    path: Path,
    needs: Sequence[str] = ("file", "text"),
    *,
    header: Sequence[str] | None = None,
    delimiter: str | None = None,
    quoted: bool = True,
) -> Table:
    """Read a CSV or other delimited text, in UTF-8 or in UTF-16 with a byte-order mark.

    Malformed rows, with too many or too few cells or unpaired quotation marks, have their ``error``
    set.

    Parameters
    ----------
    needs : required columns; names are compared without case and surrounding space.
    header : names of the columns, where the first line does not hold them.
    delimiter : separator of cells; None detects comma, semicolon or tab, or takes the one that a
        first line ``sep=;`` names.
    quoted : whether quotation marks enclose cells; otherwise they are part of the text.

    Raises
    ------
    DataError
        When the table is missing, is not text, lacks a required column or has one twice.
    """
    lines = lines_of(_text(path))
    if header is not None:
        form, titles, start = Form(delimiter or ",", quoted), tuple(header), 0
    else:
        form, found = _header(path, lines, needs, delimiter, quoted)
        titles, start = found.cells, found.line - 1 + found.n_lines
    titles = tuple(title.strip() for title in titles)
    columns = tuple(title.casefold() for title in titles)
    twice = [name for name, count in Counter(columns).items() if name and count > 1]
    if twice:
        raise DataError(f"The table '{path}' has two columns '{twice[0]}'; rename or remove one.")
    rows = (_row(path, record, columns) for record in records(lines, start, form, len(columns)))
    named = [place for place, name in enumerate(columns) if name]
    return Table(
        tuple(columns[place] for place in named),
        tuple(titles[place] for place in named),
        tuple(rows),
    )


def clip_path(folder: Path, name: str) -> Path:
    """Return the path of a clip that a table in ``folder`` names.

    The name may be relative to the folder, absolute, begin with ``~/``, or have backslashes.
    """
    name = name.strip()
    path = folder / name
    if "\\" in name and not path.exists():
        name = name.replace("\\", "/")
        path = folder / name
    if name.startswith("~/") and not path.exists():
        path = Path(name).expanduser()
    return path


def is_absolute(name: str) -> bool:
    """Return whether a path is absolute on this system or on Windows, or begins with ``~/``."""
    return Path(name).is_absolute() or PureWindowsPath(name).anchor != "" or name.startswith("~/")


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # a NUL in a path is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"The table '{path}' cannot be opened ({reason}).") from error
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\r|\n", data[: error.start])) + 1
        raise DataError(
            f"'{path}' is not a CSV table in UTF-8; save it as one (line {line} is not)."
        ) from error


def _header(
    path: Path, lines: Sequence[str], needs: Sequence[str], delimiter: str | None, quoted: bool
) -> tuple[Form, Record]:
    """Return the header, and the dialect in which it has most of the required columns."""
    start = 0
    candidates = [delimiter] if delimiter else list(DELIMITERS)
    if lines and not delimiter and (named := SEPARATOR_LINE.fullmatch(lines[0])):
        start, candidates = 1, [named[1]]
    tried = []
    for candidate in candidates:
        header = next(records(lines, start, Form(candidate, quoted, quoted)), None)
        if header is None:
            raise DataError(f"The table '{path}' is empty; it lacks the column '{needs[0]}'.")
        spaced = quoted and any(part.startswith(" ") for part in _parts(lines, header, candidate))
        names = [cell.strip().casefold() for cell in header.cells]
        missing = [name for name in needs if name not in names]
        tried.append((len(missing), Form(candidate, quoted, spaced), header, missing))
    _, form, header, missing = min(tried, key=lambda one: one[0])
    if header.error:
        raise DataError(_sentence(path, header))
    if missing:
        seen = ", ".join(f"'{cell.strip()[:40]}'" for cell in header.cells[:12])
        raise DataError(
            f"The table '{path}' lacks the column '{missing[0]}'; its line {header.line} names "
            f"{seen}."
        )
    return form, header


def _parts(lines: Sequence[str], header: Record, delimiter: str) -> list[str]:
    return lines[header.line - 1].split(delimiter)[1:]


def _row(path: Path, record: Record, columns: Sequence[str]) -> Row:
    error = _sentence(path, record) if record.error else ""
    cells = [*record.cells, *[""] * (len(columns) - len(record.cells))]
    beyond = [cell for name, cell in zip(columns, cells, strict=False) if not name and cell.strip()]
    if beyond and not error:
        error = (
            f"Line {record.line} of '{path}' has '{beyond[0][:40]}' in a column without a name; "
            "name the column, or put a cell that holds a separator into quotation marks."
        )
    named = ((name, cell) for name, cell in zip(columns, cells, strict=False) if name)
    return Row(named, record.line, error)


def _sentence(path: Path, record: Record) -> str:
    return f"Line {record.line} of '{path}' {record.error}."
