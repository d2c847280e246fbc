"""The whole attention matrix on a canvas, and all layers and heads as thumbnails above it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.attention import attentions_of
from audiotok.analysis.attention_map import (
    AttentionMap,
    attention_map,
    attention_map_record,
    thumbnails,
    thumbnails_record,
)
from audiotok.analysis.stream import envelope
from audiotok.analysis.verdict import label_name
from audiotok.audio import SAMPLE_RATE
from audiotok.errors import AudiotokError
from audiotok.language import mark, say
from audiotok.plots.palette import shades_of
from audiotok.prediction import Prediction
from audiotok.sequence import MARKERS
from audiotok.ui import answers
from audiotok.ui.analysed import Analysis
from audiotok.ui.attention_view import (
    MEAN,
    choices,
    chosen_number,
    layer_chooser,
    within,
)
from audiotok.ui.lazy_view import LazyView, Updates
from audiotok.ui.scripts import script
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.templates import read, render
from audiotok.ui.texts import MAP, lead

SCRIPTS = (
    "chosen_token.js",
    "shades.js",
    "looks.js",
    "map_data.js",
    "map_painting.js",
    "map_deeds.js",
)
PICKED = re.compile(r"(\d{1,4}):(\d{1,4})")
N_COLUMNS = 400  # of the waveform


class MapView(LazyView):
    """Who attends to whom, at a layer and head."""

    name = "map"
    title = mark("Attention map")

    def lay_out(self, take_along: TakeAlong) -> None:
        gr.HTML(lead(MAP), apply_default_css=False)
        with gr.Row():
            self._layer = layer_chooser(say("Layer of the map"))
            self._head = layer_chooser(say("Head of the map"))
        self._model = gr.HTML(
            value="",
            html_template=render("model.html"),
            css_template=read("model.css"),
            js_on_load=script("shades.js", "model.js"),
            apply_default_css=False,
            elem_id="at-model",
        )
        self._refusal = gr.HTML(elem_id="at-map-refusal", apply_default_css=False)
        self._map = gr.HTML(
            value="",
            html_template=render("map.html"),
            css_template=read("canvas.css") + read("map.css"),
            js_on_load=script(*SCRIPTS),
            apply_default_css=False,
            elem_id="at-map",
        )
        take_along.buttons("map")
        take_along.buttons("model")

    @property
    def outputs(self) -> list[Any]:
        return [self._refusal, self._map, self._layer, self._head, self._model]

    @property
    def choosers(self) -> list[Any]:
        return [self._layer, self._head]

    @property
    def picker(self) -> Any:
        return self._model

    def pick(self, analysis: Analysis, picked: object) -> Analysis:
        match = PICKED.fullmatch(picked) if isinstance(picked, str) else None
        layer, head = map(int, match.groups()) if match else (0, 0)
        n_layers, n_heads = analysis.n_heads
        if not (0 < layer <= n_layers and 0 < head <= n_heads):
            raise AudiotokError(
                say(
                    "There are {n_layers} layers of {n_heads} heads; press the picture of one.",
                    n_layers=n_layers,
                    n_heads=n_heads,
                )
            )
        return replace(analysis, layer=layer, head=head)

    def choose(self, analysis: Analysis, *chosen: object) -> Analysis:
        layer, head = map(chosen_number, chosen)
        return replace(analysis, layer=layer, head=head)

    def look(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        # All matrices of a long utterance take a hundred megabytes: asked again, not kept.
        prediction = answers.with_attention(self.models, analysis.prediction)
        n_layers, n_heads = attentions_of(prediction).weights.shape[:2]
        layer, head = within(analysis.layer, n_layers), within(analysis.head, n_heads)
        found = attention_map(prediction, layer, head)
        pictures = analysis.thumbnails
        if pictures is None:
            pictures = thumbnails(prediction)
        return (
            replace(
                analysis,
                attention_map=found,
                thumbnails=pictures,
                layer=layer,
                head=head,
                n_heads=(n_layers, n_heads),
            ),
            [
                "",
                map_value(prediction, found, n_layers, n_heads),
                gr.Dropdown(choices(n_layers), value=layer or MEAN),
                gr.Dropdown(choices(n_heads), value=head or MEAN),
                model_value(pictures, layer, head),
            ],
        )


def map_value(prediction: Prediction, found: AttentionMap, n_layers: int, n_heads: int) -> str:
    """Write a map as the JSON that the component draws; its weights are bytes."""
    samples, duration_s = prediction.recording.samples, prediction.recording.duration_s
    n_columns = min(N_COLUMNS, len(samples))
    low, high = envelope(samples, n_columns, duration_s * SAMPLE_RATE / n_columns)
    value = attention_map_record(found, n_layers, n_heads) | {
        "duration_s": duration_s,
        "frame_s": prediction.frame_s,
        "waveform": {"low": low, "high": high},
        "markers": {name: say(name) for name in MARKERS},
        "names": {label: label_name(label) for label in prediction.vocabulary.classes},
        "colours": {
            label: {"light": shade.light, "dark": shade.dark}
            for label, shade in shades_of(prediction.vocabulary.classes).items()
        },
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def model_value(pictures: NDArray[np.float32], layer: int | None, head: int | None) -> str:
    """Write thumbnails as the JSON that the component draws, with the one that is open."""
    value = thumbnails_record(pictures) | {"layer": layer, "head": head}
    return json.dumps(value, separators=(",", ":"))
