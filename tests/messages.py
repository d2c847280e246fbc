"""What the code, the templates and the scripts say, by their English text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from babel.messages.extract import extract
from jinja2.ext import babel_extract

from audiotok.assets import EXAMPLES
from audiotok.experiment.texts import ENGLISH
from audiotok.ui.scripts import texts_of

PACKAGE = Path(__file__).parents[1] / "audiotok"
KEYWORDS = {"say": None, "mark": None, "say_html": None}


def said() -> dict[str, str]:
    """Every text that is said, and where first."""
    found: dict[str, str] = {}
    for text, place in _said():
        found.setdefault(text, place)
    return found


def placeholders(text: str) -> set[str]:
    """The ``{braces}`` of a text, with their format: ``{share:.1%}`` is "share:.1%"."""
    parts = Formatter().parse(text)
    return {f"{name}:{spec}" for _, name, spec, _ in parts if name is not None}


def _said() -> Iterator[tuple[str, str]]:
    yield from ((text, "texts.py") for name, text in ENGLISH.items() if name != "language")
    for example in json.loads((EXAMPLES / "examples.json").read_text(encoding="utf-8")):
        yield from ((example[key], "examples.json") for key in ("voice", "note"))
    for method, suffix in (("python", ".py"), (babel_extract, ".html")):
        for path in sorted(PACKAGE.rglob(f"*{suffix}")):
            with path.open("rb") as file:
                for line, text, *_ in extract(method, file, KEYWORDS):
                    yield str(text), f"{path.name}:{line}"
    for path in sorted((PACKAGE / "ui").glob("*.js")):
        yield from ((text, path.name) for text in texts_of(path.read_text(encoding="utf-8")))
