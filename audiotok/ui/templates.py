"""HTML from Jinja templates; what a template does not write itself is escaped.

Templates speak the language of whoever is answered: ``{{ say("Record") }}``, or ``say_html`` where
the text of the catalogue holds markup, and numbers through ``| number(".1%")``. What is no text,
such as a width, goes through ``| spec``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from audiotok.analysis.verdict import label_name
from audiotok.language import LANGUAGES, language, number, say


class _OneLine(Extension):
    """Drops line breaks and indentation: between words and marks, space would be seen."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return re.sub(r"\n\s*", "", source)


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    extensions=[_OneLine],
)
_ENVIRONMENT.filters["spec"] = format  # {{ 0.123 | spec(".1%") }} is 12.3%
_ENVIRONMENT.filters["number"] = number


def say_html(text: str, **values: Any) -> Markup:
    """Say a text of the catalogue that holds markup; the values in it are escaped."""
    return Markup(say(text)).format(**values)


_ENVIRONMENT.globals |= {
    "say": say,
    "say_html": say_html,
    "language": language,
    "languages": LANGUAGES,
    "label_name": label_name,
}


def render(name: str, **values: Any) -> str:
    """Fill in a template of this folder, such as ``verdict.html``.

    Parameters
    ----------
    values : what it names; text is escaped, in attributes too.
    """
    return _ENVIRONMENT.get_template(name).render(values)


def render_line(template: str, **values: Any) -> str:
    """Fill in a template that is no longer than a line, such as ``<q>{{ sentence }}</q>``."""
    return _ENVIRONMENT.from_string(template).render(values)


def read(name: str) -> str:
    """Return a file of this folder as it is, such as a script."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
