"""Swap: the words of two chosen takes with the voice of either, four verdicts in a square."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from audiotok.analysis.export import as_json
from audiotok.analysis.swap import Swap, swap, swap_record, swap_sentence
from audiotok.analysis.verdict import adjective
from audiotok.audio import Recording
from audiotok.errors import AudiotokError
from audiotok.language import say
from audiotok.prediction import Prediction
from audiotok.ui import answers
from audiotok.ui.analysed import Analysis
from audiotok.ui.downloads import Downloads
from audiotok.ui.models import Models
from audiotok.ui.session import PAGE_KEEPS_S, Sessions
from audiotok.ui.takes import Asked
from audiotok.ui.templates import render
from audiotok.ui.texts import SWAP, TAKE_GONE, lead
from audiotok.ui.verdict import colour_style, message_html

KEPT = 12  # takes of a visit whose tokens can be swapped; of sound itself nothing is kept
FORMATS = ("json", "png", "svg")
Kept = dict[str, Prediction]


class Swapping:
    """A button for the two takes that are chosen, and the square under it.

    Parameters
    ----------
    analysis : holds an Analysis, or None.
    chosen : gives the takes that are shown, as JSON.
    """

    def __init__(
        self, models: Models, sessions: Sessions, analysis: gr.State, chosen: gr.HTML, queue: str
    ) -> None:
        self._models = models
        self._sessions = sessions
        self._analysis = analysis
        self._chosen = chosen
        self._queue = queue

    def lay_out(self) -> None:
        """Add both here."""
        self._kept = gr.State({}, time_to_live=PAGE_KEEPS_S)
        self._found = gr.State(None, time_to_live=PAGE_KEEPS_S)
        self._swapped_pair = gr.State([], time_to_live=PAGE_KEEPS_S)
        self._downloads = Downloads(self._models, self._sessions)
        with gr.Column(visible=False, elem_id="at-swapping") as self._column:
            gr.HTML(lead(SWAP), apply_default_css=False)
            with gr.Row(elem_classes="at-take"):
                self._button = gr.Button(
                    say("Swap words and voices"),
                    size="sm",
                    scale=0,
                    min_width=0,
                    elem_id="at-swap-go",
                )
                self._along = self._downloads.buttons("swap", FORMATS, visible=False)
            self._view = gr.HTML(elem_id="at-swap", apply_default_css=False)

    def wire(self) -> None:
        """Let the button ask, and be there while two takes are chosen."""
        self._chosen.select(
            self._on_chosen,
            [self._chosen, self._swapped_pair],
            [self._column, self._view, *self._along.values()],
            queue=False,
            show_progress="hidden",
            trigger_mode="always_last",
            api_visibility="private",
        )
        self._button.click(
            self._on_swap,
            [self._chosen, self._kept],
            [self._found, self._swapped_pair, self._view, *self._along.values()],
            show_progress_on=self._view,
            concurrency_id=self._queue,
            api_visibility="private",
        )
        for format, button in self._along.items():
            self._downloads.wire(button, self._found, partial(_write, format))

    def follow(self, analysed: Any) -> None:
        """After an event that ends in an analysis, keep what a swap takes of it."""
        analysed.then(
            self._on_analysed,
            [self._analysis, self._kept],
            self._kept,
            queue=False,
            api_visibility="private",
        )

    def _on_analysed(self, analysis: Analysis | None, kept: Kept | None) -> Kept:
        kept = kept or {}
        if analysis is None:
            return kept
        nothing = Recording(np.zeros(0, dtype=np.float32))
        stripped = replace(analysis.prediction, recording=nothing, attentions=None)
        kept = {**kept, analysis.take: stripped}
        return dict(list(kept.items())[-KEPT:])

    def _on_chosen(self, content: object, swapped: list[str]) -> list[Any]:
        try:
            asked = Asked.read(content)
            pair = asked.view == "pair"
            if pair and asked.ids == swapped:  # a late event of the choice that is shown
                return [gr.skip()] * (2 + len(FORMATS))
        except AudiotokError:
            pair = False  # which the takes say themselves
        return [gr.Column(visible=pair), "", *self._buttons(False)]

    def _on_swap(self, content: object, kept: Kept | None) -> list[Any]:
        try:
            found = answers.answered(self._models, lambda: self._swapped(content, kept or {}))
        except AudiotokError as error:
            return [None, [], message_html(str(error)), *self._buttons(False)]
        return [found, Asked.read(content).ids, swap_html(found), *self._buttons(True)]

    def _swapped(self, content: object, kept: Kept) -> Swap:
        asked = Asked.read(content)
        if asked.view != "pair" or len(asked.ids) != 2:
            raise AudiotokError(say("Two takes are swapped; choose two of them."))
        if not all(id in kept for id in asked.ids):
            raise AudiotokError(say(TAKE_GONE))
        a, b = (kept[id] for id in asked.ids)
        return swap(self._models.classifier(a.task), a, b)

    def _buttons(self, visible: bool) -> list[gr.Button]:
        return [gr.Button(visible=visible) for _ in FORMATS]


def swap_html(found: Swap) -> str:
    """Show four verdicts in a square, words from top to bottom, voices from left to right."""
    return render(
        "swap.html",
        found=found,
        sentence=swap_sentence(found),
        adjective=adjective,
        colour_style=colour_style,
    )


def _write(format: str, folder: Path, found: Swap | None, dark: bool) -> Path:
    if found is None:
        raise AudiotokError(say(TAKE_GONE))
    path = folder / f"swap.{format}"
    if format == "json":
        path.write_text(as_json(swap_record(found, swap_sentence(found))), encoding="utf-8")
        return path
    from audiotok.plots.figure import render as drawn
    from audiotok.plots.swap import swap_figure

    figure = swap_figure(found, swap_sentence(found), dark)
    path.write_bytes(drawn(figure, "png" if format == "png" else "svg"))
    return path
