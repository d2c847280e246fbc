"""Tables keep every row, or name the line that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiotok.errors import DataError
from audiotok.table import clip_path, read_table, scan_table


def table(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_an_unclosed_quote_spoils_its_own_line_only(tmp_path) -> None:
    path = table(tmp_path, 'file,text\na.wav,"I will be\nb.wav,so glad\na.wav,Third\n')
    rows = scan_table(path).rows
    assert [(row.line, row["file"], bool(row.error)) for row in rows] == [
        (2, "a.wav", True),
        (3, "b.wav", False),
        (4, "a.wav", False),
    ]
    with pytest.raises(DataError, match=r"Line 2 of .* quotation marks that do not pair"):
        read_table(path)


def test_a_quote_that_a_later_row_closes_never_joins_two_rows(tmp_path) -> None:
    path = table(tmp_path, 'file,text,label\na.wav,"He said,glad\nb.wav,she said",sad\n')
    with pytest.raises(DataError, match=r"Line 2 of .* before the row on line 3"):
        read_table(path)


def test_line_breaks_in_a_quoted_text_are_kept_and_counted(tmp_path) -> None:
    path = table(tmp_path, 'file,text\na.wav,"one,\ntwo, three"\n\nb.wav\n')
    first, second = scan_table(path).rows
    assert first["text"] == "one,\ntwo, three"
    assert not first.error
    assert second.error.startswith("Line 5 of ")
    assert "has 1 cell where the table has 2 columns" in second.error


@pytest.mark.parametrize(
    "content",
    [
        "File , TEXT\na.wav,x\n",
        "file;text\na.wav;x\n",
        "file\ttext\r\na.wav\tx\r\n",
        "sep=;\nfile;text\na.wav;x\n",
        "\ufefffile,text\na.wav,x\n",
        "file,text\ra.wav,x\r",
        'file, text\na.wav, "x"\n\n\n',
        "file\ttext\na.wav\tx\n".encode("utf-16"),
    ],
)
def test_what_spreadsheets_write_is_understood(tmp_path, content) -> None:
    assert [dict(row) for row in read_table(table(tmp_path, content))] == [
        {"file": "a.wav", "text": "x"}
    ]


def test_a_long_cell_and_an_odd_line_separator_are_text(tmp_path) -> None:
    text = "a\u2028b\x85" + "x" * 200_000
    (row,) = read_table(table(tmp_path, f"file,text\na.wav,{text}\n"))
    assert row["text"] == text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("file,text,Text\na,b,c\n", "two columns 'text'"),
        ("file,text\na.wav,Yes, I will\n", r"Line 2 of .* has 3 cells .* 2 columns"),
        ("file,text,\na.wav,Yes, I will\n", r"Line 2 of .* ' I will' in a column without a name"),
        ("file,text\na.wav,x\0\n", r"Line 2 of .* holds a NUL"),
        ("file|text\na|b\n", r"lacks the column 'file'; its line 1 names 'file\|text'"),
        ("", "is empty"),
    ],
)
def test_what_cannot_be_trusted_is_refused_by_name(tmp_path, content, said) -> None:
    with pytest.raises(DataError, match=said):
        read_table(table(tmp_path, content))


def test_names_of_clips_as_windows_writes_them(tmp_path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.wav").touch()
    assert clip_path(tmp_path, r" in\a.wav ") == tmp_path / "in" / "a.wav"
