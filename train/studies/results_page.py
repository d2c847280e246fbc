"""The tables of ``train/RESULTS.md``, each between two comments that name its command."""

from __future__ import annotations

import os
from pathlib import Path

from audiotok.errors import DataError


def replace_table(page: Path, name: str, table: str) -> None:
    """Write a table between the comments ``<!-- name -->`` and ``<!-- /name -->`` of a page.

    Parameters
    ----------
    page : a Markdown file; what stands outside the two comments stays.
    name : command that made the table.
    table : Markdown.

    Raises
    ------
    DataError
        When the page cannot be read or lacks the comments.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    try:
        text = page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The page '{page}' cannot be read: {error}.") from error
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise DataError(f"'{page}' has no place for a table: '{begin.strip()}' and '{end}'.")
    page.write_text(f"{before}{begin}{table.rstrip()}\n{end}{after}", encoding="utf-8")


def with_picture(table: str, picture: Path, page: Path, name: str) -> str:
    """Return a table with its picture below, as the page refers to it.

    Parameters
    ----------
    picture : a file; none is referred to where it is missing.
    page : the Markdown file that will hold the table.
    name : what the picture is called to those who do not see it.
    """
    if not picture.is_file():
        return table
    place = Path(os.path.relpath(picture, page.parent)).as_posix()
    return f"{table.rstrip()}\n\n![{name}]({place})\n"
