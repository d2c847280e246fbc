"""What the verdict attended to, with choosers of layer and head."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from audiotok.language import mark, say
from audiotok.ui import answers
from audiotok.ui.analysed import Analysis
from audiotok.ui.attention import attention_html
from audiotok.ui.lazy_view import LazyView, Updates
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.texts import ATTENTION, lead

MEAN = 0  # in the choosers: the mean over all layers or heads


class AttentionView(LazyView):
    """The shares of words and voice, and which of them get most."""

    name = "attention"
    title = mark("What it attended to")

    def lay_out(self, take_along: TakeAlong) -> None:
        gr.HTML(lead(ATTENTION), apply_default_css=False)
        with gr.Row():
            self._layer = layer_chooser(say("Backbone layer"))
            self._head = layer_chooser(say("Head"))
        self._view = gr.HTML(elem_id="at-attention", apply_default_css=False)
        take_along.buttons("attention")

    @property
    def outputs(self) -> list[Any]:
        return [self._view, self._layer, self._head]

    @property
    def choosers(self) -> list[Any]:
        return [self._layer, self._head]

    def look(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        attention = analysis.attention or answers.attend(self.models, analysis.prediction)
        layer = within(analysis.layer, attention.n_layers)
        head = within(analysis.head, attention.n_heads)
        return (
            replace(analysis, attention=attention, layer=layer, head=head),
            [
                attention_html(attention, layer, head),
                gr.Dropdown(choices(attention.n_layers), value=layer or MEAN),
                gr.Dropdown(choices(attention.n_heads), value=head or MEAN),
            ],
        )

    def choose(self, analysis: Analysis, *chosen: object) -> Analysis:
        layer, head = map(chosen_number, chosen)
        return replace(analysis, layer=layer, head=head)


def chosen_number(value: object) -> int | None:
    """Return what a chooser says; anything but a number, which Gradio lets by, is the mean."""
    return value if type(value) is int and value > MEAN else None


def within(number: int | None, count: int) -> int | None:
    """Return a choice that this backbone has, else the mean."""
    return number if number is not None and 1 <= number <= count else None


def layer_chooser(label: str) -> gr.Dropdown:
    """Add a chooser of layers or heads here."""
    return gr.Dropdown(choices(), value=MEAN, label=label, filterable=False, min_width=140)


def choices(count: int = 0) -> list[tuple[str, int]]:
    """Return what such a chooser offers."""
    return [(say("all, mean"), MEAN), *((str(n), n) for n in range(1, count + 1))]
