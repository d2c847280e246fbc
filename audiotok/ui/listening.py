"""Under the token stream: what tokens keep of a voice, and the card of the token that is chosen."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import gradio as gr

from audiotok.analysis.export import as_json
from audiotok.analysis.hearing import ALL, SELECTED, WITHOUT_SELECTED, resynthesise, wav_bytes
from audiotok.analysis.token_card import TokenCard, profile_sentence, token_card, token_record
from audiotok.errors import AudiotokError
from audiotok.language import mark, say
from audiotok.ui import answers
from audiotok.ui.analysed import Analysis
from audiotok.ui.downloads import Downloads
from audiotok.ui.models import Models
from audiotok.ui.scripts import script
from audiotok.ui.session import PAGE_KEEPS_S, Sessions
from audiotok.ui.templates import read, render, render_line
from audiotok.ui.texts import GONE
from audiotok.ui.verdict import colour_style, message_html

Format = Literal["json", "png", "svg"]
FORMATS: tuple[Format, ...] = get_args(Format)  # of a card that is taken along
TOKEN = re.compile(r"(\d{1,3}):(\d{1,6})")
MOST_SOUNDS = 24  # times that a card lists


@dataclass(frozen=True)
class ShownCard:
    """The card that a visitor looks at, with what its figure takes of the clip."""

    card: TokenCard
    task: str
    duration_s: float


class Listening:
    """Versions of the clip on the stream's cursor, and a token's card.

    Parameters
    ----------
    analysis : holds an Analysis, or None.
    queue : the concurrency id of everything that makes the model work.
    """

    def __init__(self, models: Models, sessions: Sessions, analysis: gr.State, queue: str) -> None:
        self._models = models
        self._sessions = sessions
        self._analysis = analysis
        self._queue = queue

    def lay_out(self) -> None:
        """Add both here; they hear of the stream by events of the document."""
        self._hear = gr.HTML(
            value="",
            html_template=render("hear.html"),
            css_template=read("hear.css"),
            js_on_load=script("hear.js"),
            apply_default_css=False,
            elem_id="at-hear",
        )
        self._asked = gr.HTML(
            value="",
            html_template="<span hidden></span>",
            js_on_load=read("card.js"),
            apply_default_css=False,
            elem_id="at-card-asked",
        )
        self._card = gr.HTML(
            elem_id="at-card", js_on_load=read("moments.js"), apply_default_css=False
        )
        self._shown = gr.State(None, time_to_live=PAGE_KEEPS_S)
        self._downloads = Downloads(self._models, self._sessions)
        with gr.Row(visible=False, elem_classes="at-take") as self._row:
            gr.HTML(
                render_line("<span>{{ say(called) }}</span>", called=mark("Take the card along")),
                apply_default_css=False,
            )
            self._along = self._downloads.buttons("card", FORMATS)

    def wire(self) -> None:
        """Let both ask the server."""
        self._hear.select(
            self._on_hear,
            [self._analysis, self._hear],
            self._hear,
            show_progress="hidden",
            trigger_mode="always_last",
            concurrency_id=self._queue,
            api_visibility="private",
        )
        self._asked.select(
            self._on_card,
            [self._analysis, self._asked],
            self._of_card,
            queue=False,
            show_progress="hidden",
            trigger_mode="always_last",
            api_visibility="private",
        )
        for format in FORMATS:
            self._downloads.wire(self._along[format], self._shown, partial(_write, format))

    @property
    def _of_card(self) -> list[Any]:
        return [self._card, self._shown, self._row]

    def follow(self, analysed: Any) -> None:
        """After an event that ends in an analysis, take the last one's card away."""
        analysed.then(
            lambda: _updates(""), None, self._of_card, queue=False, api_visibility="private"
        )

    def _on_hear(self, analysis: Analysis | None, which: object) -> str:
        message: dict[str, object]
        try:
            if analysis is None:
                raise AudiotokError(say(GONE))
            message = answers.answered(self._models, lambda: self._heard(analysis, which))
        except AudiotokError as error:
            message = {"which": which, "refusal": str(error)}
        return json.dumps(message, ensure_ascii=False)

    def _heard(self, analysis: Analysis, which: object) -> dict[str, object]:
        prediction = analysis.prediction
        choices = {
            "all": ALL,
            "first": "1",
            "rest": f"2-{len(prediction.codes)}",
            "selected": SELECTED,
            "without-selected": WITHOUT_SELECTED,
        }
        if not isinstance(which, str) or which not in choices:
            raise AudiotokError(
                say(
                    "There is nothing of that kind to hear; {choices} is.",
                    choices=", ".join(choices),
                )
            )
        heard = resynthesise(self._models.classifier(prediction.task), prediction, choices[which])
        wav = base64.b64encode(wav_bytes(heard.samples)).decode("ascii")
        return {
            "which": which,
            "name": f"{prediction.task}-{which}.wav",
            "audio": f"data:audio/wav;base64,{wav}",
            "sentence": heard.sentence,
        }

    def _on_card(self, analysis: Analysis | None, asked: object) -> list[Any]:
        match = TOKEN.fullmatch(asked) if isinstance(asked, str) else None
        try:
            if analysis is None:
                raise AudiotokError(say(GONE))
            if not match:
                raise AudiotokError(
                    say("A token is named by its layer and code; choose one above.")
                )
            layer, code = map(int, match.groups())
            shown = answers.answered(self._models, lambda: self._card_of(analysis, layer, code))
        except AudiotokError as error:
            return _updates(message_html(str(error)))
        return _updates(card_html(shown.card), shown)

    def _card_of(self, analysis: Analysis, layer: int, code: int) -> ShownCard:
        prediction = analysis.prediction
        card = token_card(self._models.classifier(prediction.task), prediction, layer, code)
        return ShownCard(card, prediction.task, prediction.recording.duration_s)


def _updates(html: str, card: ShownCard | None = None) -> list[Any]:
    """Show a card, its files beside it, or what is said in its place."""
    return [html, card, gr.Row(visible=card is not None)]


def _write(format: Format, folder: Path, shown: ShownCard | None, dark: bool) -> Path:
    if shown is None:
        raise AudiotokError(say(GONE))
    path = folder / f"{shown.task}-card.{format}"
    if format == "json":
        path.write_text(as_json(token_record(shown.card)), encoding="utf-8")
    else:
        from audiotok.plots.figure import render
        from audiotok.plots.token_card import token_card_figure

        path.write_bytes(render(token_card_figure(shown.card, shown.duration_s, dark), format))
    return path


def card_html(card: TokenCard) -> str:
    """Show a token's card."""
    reach = max(map(abs, card.weights.values()), default=0.0) or 1.0
    return render(
        "card.html",
        card=card,
        sentence=profile_sentence(card.profile),
        weights=[(name, weight, abs(weight) / reach / 2) for name, weight in card.weights.items()],
        sounds=card.sounds_s[:MOST_SOUNDS],
        n_more=max(0, len(card.sounds_s) - MOST_SOUNDS),
        colour=colour_style(card.speaks_for, tuple(card.weights)),
    )
