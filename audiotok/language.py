"""What people read, in their language: English as the code has it, or a catalogue's translation.

The code says ``say("The clip lasts {seconds:.1f} s.", seconds=2)``. The English text is the key:
``catalogues/es.po`` maps it to Spanish, in gettext's format, which translators have programs for.
The language belongs to the work at hand (a context variable), never to the process, so two visitors
at once each get theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

ENGLISH = "en"
CATALOGUES = Path(__file__).parent / "catalogues"
# As each language names itself, for whoever chooses one.
LANGUAGES = {ENGLISH: "English", "es": "Español"}
THIN_SPACE = "\u202f"
NO_BREAK = "\u00a0"

_LANGUAGE: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """Return the code of the language that is spoken here and now, such as ``es``."""
    return _LANGUAGE.get()


def speak(code: str) -> None:
    """Speak a language from here on, in this context (a request, an event, a thread's work)."""
    _LANGUAGE.set(code if code in LANGUAGES else ENGLISH)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language for as long as the block lasts."""
    token = _LANGUAGE.set(code if code in LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        _LANGUAGE.reset(token)


def preferred(wanted: Sequence[str]) -> str:
    """Return the first language that there is of those wanted, such as ``es-ES``, or English."""
    codes = (name.strip().partition("-")[0].lower() for name in wanted)
    return next((code for code in codes if code in LANGUAGES), ENGLISH)


def say(text: str, /, **values: Any) -> str:
    """Return a text in the language spoken here, its ``{braces}`` filled in.

    Numbers in it look as the language writes them. A text that no catalogue has stays English.
    """
    told = translation(text, language())
    return _FORMATTER.vformat(told, (), values) if values else told


def mark(text: str) -> str:
    """Return a text as it is; it is said later, and known to be one of the catalogue's."""
    return text


def translation(text: str, code: str) -> str:
    """Return a text in a language, unfilled; itself where there is no translation."""
    return text if code == ENGLISH else catalogue(code).get(text, text)


@cache
def catalogue(code: str) -> dict[str, str]:
    """Read all translations of a language by their English text."""
    from babel.messages.pofile import read_po  # only whoever speaks another language needs it

    with (CATALOGUES / f"{code}.po").open("rb") as file:
        messages = read_po(file, locale=code)
    return {str(each.id): str(each.string) for each in messages if each.id and each.string}


def number(value: Any, spec: str = "") -> str:
    """Format a number as ``format`` does, with the marks of the language spoken here.

    Spanish has a decimal comma, a thin space between thousands from 10 000 on, and a space before
    the percent sign, as the Real Academia Española recommends.
    """
    told = format(value, spec)
    if language() == ENGLISH or isinstance(value, str):
        return told
    told = re.sub(r"^(\D?\d),(\d{3})(?!,)", r"\1\2", told)
    told = told.replace(",", THIN_SPACE).replace(".", ",")
    return told.replace("%", f"{NO_BREAK}%")


class _Formatter(Formatter):
    """Formats numbers by the language."""

    def format_field(self, value: Any, format_spec: str) -> str:
        return number(value, format_spec) if format_spec else str(value)


_FORMATTER = _Formatter()
