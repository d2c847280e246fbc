"""Parse delimited text into records with line numbers, and an error for each malformed one."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from audiotok.audio import SUFFIXES

# What ends a line in a table; inside a cell U+2028, U+0085 and the like are text.
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
UNPAIRED = (
    "has quotation marks that do not pair: close every quoted cell, and double a quotation mark "
    "inside one"
)


@dataclass(frozen=True)
class Form:
    """The dialect of a delimited text.

    Attributes
    ----------
    quoted : whether quotation marks enclose cells; otherwise they are part of the text.
    spaced : whether a space after a delimiter is skipped.
    """

    delimiter: str = ","
    quoted: bool = True
    spaced: bool = False


@dataclass(frozen=True)
class Record:
    """The cells of one row.

    Attributes
    ----------
    line : its first line in the file, from 1.
    n_lines : number of its lines; more than one where a quoted cell has line breaks.
    error : predicate that says what is malformed, such as "has 2 cells where …"; empty if nothing.
    """

    line: int
    n_lines: int
    cells: tuple[str, ...]
    error: str = ""


def lines_of(text: str) -> list[str]:
    r"""Split a text at ``\n``, ``\r\n`` and ``\r`` only; each line keeps its end."""
    return LINE.findall(text)


def records(lines: Sequence[str], start: int, form: Form, n_columns: int = 0) -> Iterator[Record]:
    """Parse the records from line ``start`` (0-based) on; blank lines are skipped.

    A quotation mark that is not closed makes its own line a malformed record; parsing goes on with
    the next line.

    Parameters
    ----------
    n_columns : number of cells that each must have; 0 where it is not known yet.
    """
    # The module's own limit of 131,072 characters is for all its users; it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), sum(map(len, lines))))
    while start < len(lines):
        reader = csv.reader(
            (lines[number] for number in range(start, len(lines))),
            delimiter=form.delimiter,
            quoting=csv.QUOTE_MINIMAL if form.quoted else csv.QUOTE_NONE,
            skipinitialspace=form.spaced,
            strict=True,
        )
        begun = start
        try:
            for cells in reader:
                end = start + reader.line_num
                _require_closed_quotes(lines, begun, end, form, n_columns)
                if any(cell.strip() for cell in cells) or len(cells) > 1:
                    error = _error(cells, n_columns)
                    yield Record(begun + 1, end - begun, tuple(cells), error)
                begun = end
            return
        except csv.Error as error:
            message = str(error)
            reason = message if message.startswith("has ") else UNPAIRED
            yield Record(begun + 1, 1, _unquoted_cells(lines[begun], form), reason)
            start = begun + 1


def _error(cells: Sequence[str], n_columns: int) -> str:
    if n_columns and len(cells) != n_columns:
        given = f"{len(cells)} cell" if len(cells) == 1 else f"{len(cells)} cells"
        return (
            f"has {given} where the table has {n_columns} columns: put a cell that holds a "
            "separator or a line break into quotation marks"
        )
    if any("\0" in cell for cell in cells):
        return "holds a NUL character: export the table again"
    return ""


def _require_closed_quotes(
    lines: Sequence[str], begun: int, end: int, form: Form, n_columns: int
) -> None:
    """Raise ``csv.Error`` where a quoted cell in lines ``begun`` to ``end`` contains another row.

    A missing quotation mark may be closed by that of a later row, which gives a well-formed record
    with the text of one row and the labels of another.
    """
    for number in range(begun + 1, end):
        cells = [cell.strip().strip('"') for cell in _unquoted_cells(lines[number], form)]
        text_alone = not cells[0] and len(cells) == n_columns
        if len(cells) > 1 and (text_alone or any(map(_is_audio_file_name, cells))):
            raise csv.Error(
                f"has a quotation mark that is not closed before the row on line {number + 1}"
            )


def _is_audio_file_name(cell: str) -> bool:
    return PurePosixPath(cell.split("|", maxsplit=1)[0].strip()).suffix.lower() in SUFFIXES


def _unquoted_cells(line: str, form: Form) -> tuple[str, ...]:
    """Return the cells of a line with quotation marks as part of the text."""
    return tuple(line.rstrip("\r\n").split(form.delimiter))
