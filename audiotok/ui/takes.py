"""Takes: every analysis of a visit, to compare, name, delete and take along.

The page itself keeps them, in its tab: they outlive the server's forgetting and a reload, such as
that for another language, and go with the tab.
What is compared is computed here, from takes that come back and are checked again.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import gradio as gr
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audiotok.analysis.comparison import compare, of_one_sentence
from audiotok.analysis.takes import MOST_TAKES, Take, take_of, takes_csv
from audiotok.analysis.verdict import ADJECTIVES, adjective
from audiotok.errors import AudiotokError, DataError
from audiotok.language import mark, say
from audiotok.plots.palette import shades_of
from audiotok.prediction import Prediction
from audiotok.ui.downloads import Downloads
from audiotok.ui.models import Models
from audiotok.ui.scripts import script
from audiotok.ui.session import Sessions
from audiotok.ui.templates import read, render, render_line
from audiotok.ui.verdict import colour_style, message_html

UNREADABLE = mark("These takes cannot be read; reload the page and speak again.")
FORMATS = ("csv", "png", "svg")
# Of all takes that the page keeps, those that are shown, or all of them for the table.
SHOWN = "(shown, dark) => [shown, document.body.classList.contains('dark')]"
ALL = """
() => [document.querySelector('#at-takes .takes')?.all?.() ?? '', false]
"""


def take_message(prediction: Prediction, id: str) -> str:
    """Write a new take as the JSON that the view adds to those that it keeps."""
    take = take_of(prediction)
    names = {*take.labels, take.verdict_text_only, take.verdict_text_audio}
    return json.dumps(
        {
            "id": id,  # the view may be told twice
            "take": take.model_dump(),
            "colours": {
                name: {"light": shade.light, "dark": shade.dark}
                for name, shade in shades_of(sorted(names)).items()
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


class Asked(BaseModel):
    """What the view asks for: a pair side by side, or the takes of a sentence, or a table of all.

    Whatever a client sends is checked here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    view: Literal["pair", "sentence"]
    takes: Annotated[list[Take], Field(max_length=MOST_TAKES)]
    ids: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=MOST_TAKES)] = []

    @classmethod
    def read(cls, content: object) -> Asked:
        """Read what came from a page.

        Raises
        ------
        DataError
            When it is anything else.
        """
        try:
            asked = cls.model_validate_json(content if isinstance(content, str) else "")
        except ValidationError as error:
            raise DataError(say(UNREADABLE)) from error
        if asked.view == "pair" and len(asked.takes) != 2:
            raise DataError(say("Two takes are compared; choose two of them."))
        return asked


class Takes:
    """The list of takes and what is compared below it.

    Attributes
    ----------
    view : gets what ``take_message`` gives; gives back the takes that are shown, as JSON.
    """

    def __init__(self, models: Models, sessions: Sessions) -> None:
        self._models = models
        self._sessions = sessions

    def lay_out(self) -> None:
        """Add list and comparison here; both are empty until there is a take."""
        self.view = gr.HTML(
            value="",
            html_template=render("takes.html"),
            css_template=read("takes.css"),
            js_on_load=_script(),
            apply_default_css=False,
            elem_id="at-takes",
        )
        self._compared = gr.HTML(elem_id="at-compared", apply_default_css=False)
        self._downloads = Downloads(self._models, self._sessions)
        with gr.Row(elem_classes="at-take", elem_id="at-takes-along", visible=False) as row:
            gr.HTML(
                render_line("<span>{{ say(along) }}</span>", along=mark("Take the takes along")),
                apply_default_css=False,
            )
            self._buttons = self._downloads.buttons("takes", FORMATS)
        self._row = row

    def wire(self) -> None:
        """Let the view ask for what it shows, and the buttons for files."""
        self.view.select(
            self._on_shown,
            self.view,
            [self._compared, self._row],
            queue=False,
            show_progress="hidden",
            trigger_mode="always_last",
            api_visibility="private",
        )
        for format, button in self._buttons.items():
            js = ALL if format == "csv" else SHOWN
            self._downloads.wire(button, self.view, partial(_write, format), js)

    def _on_shown(self, content: object) -> tuple[Any, Any]:
        """Two takes are compared; else all takes of a sentence are shown under its words."""
        try:
            asked = Asked.read(content)
            shown = self._models.worker.do(lambda: compared_html(asked))
        except AudiotokError as error:
            return message_html(str(error)), gr.skip()
        return shown, gr.Row(visible=bool(asked.takes))


def _script() -> str:
    adjectives = {label: say(name) for label, name in ADJECTIVES.items()}
    source = script("takes_kept.js", "takes.js").replace("MOST_TAKES", str(MOST_TAKES))
    return f"const ADJECTIVES = {json.dumps(adjectives, ensure_ascii=False)};\n{source}"


def compared_html(asked: Asked) -> str:
    """Show two takes side by side, or several of one sentence as small multiples."""
    if not asked.takes:
        return ""
    named = {"adjective": adjective, "colour_style": colour_style}
    if asked.view == "pair":
        return render("compared.html", found=compare(*asked.takes), **named)
    return render("multiples.html", found=of_one_sentence(asked.takes), **named)


def _write(format: str, folder: Path, content: object, dark: bool) -> Path:
    """Write takes as a table, or what is shown of them as a figure.

    Raises
    ------
    AudiotokError
        When there are none.
    """
    asked, path = Asked.read(content), folder / f"takes.{format}"
    if format == "csv":
        path.write_text(takes_csv(asked.takes), encoding="utf-8")
        return path
    from audiotok.plots.figure import render as drawn
    from audiotok.plots.takes import comparison_figure, multiples_figure

    figure = (
        comparison_figure(compare(*asked.takes), dark)
        if asked.view == "pair"
        else multiples_figure(of_one_sentence(asked.takes), dark)
    )
    path.write_bytes(drawn(figure, "png" if format == "png" else "svg"))
    return path
