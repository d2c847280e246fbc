from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from audiotok.errors import DataError
from train.__main__ import COMMANDS, RESULTS, main
from train.studies.results_page import replace_table

PAGE = Path(__file__).resolve().parents[3] / "train" / "RESULTS.md"


def test_a_table_takes_the_place_of_the_one_before(tmp_path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Before.\n<!-- score -->\n| old |\n<!-- /score -->\nAfter.\n")
    replace_table(page, "score", "| new |\n|---|\n")
    assert page.read_text() == (
        "Before.\n<!-- score -->\n| new |\n|---|\n<!-- /score -->\nAfter.\n"
    )


@pytest.mark.parametrize("text", ["", "<!-- score -->\n", "<!-- /score --><!-- score -->\n"])
def test_a_page_without_a_place_stays_as_it_is(tmp_path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(DataError, match="no place for a table"):
        replace_table(page, "score", "| new |")
    assert page.read_text() == text


def test_the_page_has_a_place_for_every_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in RESULTS:
        assert f"<!-- {name} -->" in text.partition(f"<!-- /{name} -->")[0]


def test_the_command_writes_what_the_others_print(tmp_path, monkeypatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- score -->\n<!-- /score -->\n<!-- sizes -->\n<!-- /sizes -->\n")
    for name in ("score", "sizes"):
        told = replace(COMMANDS[name], call=lambda o, name=name: f"| {name} of {o.config} |")
        monkeypatch.setitem(COMMANDS, name, told)
    arguments = ["results", "a.yaml", "b.yaml", "--page", str(page), "--only", "score", "sizes"]
    assert main(arguments) == 0
    assert "| score of [PosixPath('a.yaml'), PosixPath('b.yaml')] |" in page.read_text()
    assert "| sizes of a.yaml |" in page.read_text()


def test_what_has_a_picture_is_drawn_beside_its_table(tmp_path, monkeypatch) -> None:
    page, pictures = tmp_path / "page.md", tmp_path / "pictures"
    pictures.mkdir()
    page.write_text("<!-- score -->\n<!-- /score -->\n<!-- sizes -->\n<!-- /sizes -->\n")

    def draws(options: Namespace) -> str:
        options.picture.write_bytes(b"a picture")
        return "| sizes |"

    monkeypatch.setitem(COMMANDS, "sizes", replace(COMMANDS["sizes"], call=draws))
    monkeypatch.setitem(COMMANDS, "score", replace(COMMANDS["score"], call=lambda o: "| score |"))
    asked = ["results", "a.yaml", "--page", str(page), "--pictures", str(pictures)]
    assert main([*asked, "--only", "score", "sizes"]) == 0
    told = page.read_text()
    assert f"| sizes |\n\n![{COMMANDS['sizes'].help}](pictures/sizes.png)\n<!-- /sizes" in told
    assert told.count("![") == 1
