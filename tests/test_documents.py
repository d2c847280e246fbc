"""What the Markdown files say: links lead somewhere, commands are ones that the programs know."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import train.__main__
from audiotok import __main__ as program
from tests.clips import HAPPY, NEUTRAL

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("assets/**/*.md"), *ROOT.glob("train/**/*.md")]
    if path.name != "CHANGELOG.md"
)
STANDS_FOR = {"CONFIG": "train/configs/emotion.yaml", "TASK": "emotion", "RUN": "bow"}


def commands(program: str) -> Iterator[tuple[str, list[str]]]:
    """Every command line of a program, in blocks and between backticks, of all documents."""
    told: set[str] = set()  # READMEs in two languages tell the same commands
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        inline = [" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]
        lines = [line for block in blocks for line in block.splitlines()] + inline
        for line in lines:
            found = re.search(rf"-m {re.escape(program)} (.+)$", line.partition(" #")[0])
            if found and "…" not in found[1] and found[1] not in told:
                told.add(found[1])
                yield f"{path.relative_to(ROOT)}: {line}", shlex.split(found[1])


def with_values(words: list[str]) -> list[str]:
    return [
        re.sub("|".join(STANDS_FOR), lambda found: STANDS_FOR[found[0]], word)
        if word.endswith(".yaml") or word in STANDS_FOR
        else word
        for word in words
    ]


TRAINING = list(commands("train"))
PREDICTING = list(commands("audiotok"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_into_the_repository_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(((?!http)[^)#]+)\)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("words", [w for _, w in TRAINING], ids=[line for line, _ in TRAINING])
def test_training_knows_the_command_and_the_config_is_there(words: list[str]) -> None:
    """They train for minutes or hours, so they are only parsed here."""
    given = with_values(words)
    if len(given) == 1:  # a command that a text only names
        assert given[0] in {*train.__main__.COMMANDS, "--help"}
        return
    train.__main__.parser().parse_args(given)
    assert [word for word in given if word.endswith(".yaml") and not (ROOT / word).is_file()] == []


@pytest.mark.parametrize("words", [w for _, w in PREDICTING], ids=[line for line, _ in PREDICTING])
def test_the_command_runs_as_it_stands(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(HAPPY, tmp_path / "clip.wav")
    shutil.copy(NEUTRAL, tmp_path / "plain.wav")
    (tmp_path / "clips.csv").write_text("file,text,reference\nclip.wav,Good news.,plain.wav\n")
    monkeypatch.chdir(tmp_path)
    assert program.main(words) == 0


def test_the_spanish_readme_tells_commands_of_the_english_one() -> None:
    english, spanish = (
        re.findall(r"```sh\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
        for name in ("README.md", "README.es.md")
    )
    assert len(spanish) >= 3
    assert set(spanish) <= set(english)


@pytest.mark.parametrize("name", ["README.md", "README.es.md"])
def test_a_readme_has_at_most_200_lines(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 200


def test_documents_hold_commands_at_all() -> None:
    assert len(TRAINING) > 10
    assert len(PREDICTING) >= 5
