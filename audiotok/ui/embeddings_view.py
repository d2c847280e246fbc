"""The map of embeddings: audio tokens among words, this clip's tokens marked."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import gradio as gr

from audiotok.analysis.embedding_map import ClipOnMap, clip_on_map, embedding_map_record
from audiotok.analysis.verdict import label_name
from audiotok.language import mark
from audiotok.plots.palette import shades_of
from audiotok.ui.analysed import Analysis
from audiotok.ui.lazy_view import LazyView, Updates
from audiotok.ui.scripts import script
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.templates import read, render
from audiotok.ui.texts import EMBEDDINGS, lead

SCRIPTS = (
    "chosen_token.js",
    "kept_tokens.js",
    "looks.js",
    "embeddings_data.js",
    "embeddings_painting.js",
    "embeddings_deeds.js",
)


class EmbeddingsView(LazyView):
    """Where the tokens of the clip lie among words and other tokens."""

    name = "embeddings"
    title = mark("Map of embeddings")

    def lay_out(self, take_along: TakeAlong) -> None:
        gr.HTML(lead(EMBEDDINGS), apply_default_css=False)
        self._refusal = gr.HTML(elem_id="at-embeddings-refusal", apply_default_css=False)
        self._map = gr.HTML(
            value="",
            html_template=render("embeddings.html"),
            css_template=read("canvas.css") + read("embeddings.css"),
            js_on_load=script(*SCRIPTS),
            apply_default_css=False,
            elem_id="at-embeddings",
        )
        take_along.buttons("embeddings")

    @property
    def outputs(self) -> list[Any]:
        return [self._refusal, self._map]

    def look(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        prediction = analysis.prediction
        bundle = self.models.classifier(prediction.task).bundle
        found = analysis.clip_on_map or clip_on_map(bundle, prediction)
        return replace(analysis, clip_on_map=found), ["", embeddings_value(found)]


def embeddings_value(found: ClipOnMap) -> str:
    """Write the map as the JSON that the component draws."""
    classes = found.vocabulary.classes
    shades = shades_of(classes)
    value = embedding_map_record(found) | {
        "names": {label: label_name(label) for label in classes},
        "colours": {name: {"light": one.light, "dark": one.dark} for name, one in shades.items()},
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
