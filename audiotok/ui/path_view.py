"""How many tokens: a slider along the lasso's path, and how well selections of other sizes do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import gradio as gr

from audiotok.analysis.lasso_path import LassoPath, lasso_path, path_sentence, sizes_sentence
from audiotok.analysis.verdict import label_name
from audiotok.language import mark
from audiotok.plots.palette import LABELS, shades_of
from audiotok.prediction import Prediction
from audiotok.ui.analysed import Analysis
from audiotok.ui.lazy_view import LazyView, Updates
from audiotok.ui.scripts import script
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.templates import read, render
from audiotok.ui.texts import PATH, lead

SCRIPTS = (
    "chosen_token.js",
    "kept_tokens.js",
    "looks.js",
    "path_data.js",
    "path_painting.js",
    "path_deeds.js",
)


class PathView(LazyView):
    """What a smaller selection of tokens would keep of the clip, beside macro-F1 by size."""

    name = "path"
    title = mark("How many tokens")

    def lay_out(self, take_along: TakeAlong) -> None:
        gr.HTML(lead(PATH), apply_default_css=False)
        self._refusal = gr.HTML(elem_id="at-path-refusal", apply_default_css=False)
        self._path = gr.HTML(
            value="",
            html_template=render("path.html"),
            css_template=read("canvas.css") + read("path.css"),
            js_on_load=script(*SCRIPTS),
            apply_default_css=False,
            elem_id="at-path",
        )
        take_along.buttons("path")

    @property
    def outputs(self) -> list[Any]:
        return [self._refusal, self._path]

    def look(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        prediction = analysis.prediction
        bundle = self.models.classifier(prediction.task).bundle
        found = analysis.path or lasso_path(bundle, prediction)
        return replace(analysis, path=found), ["", path_value(prediction, found)]


def path_value(prediction: Prediction, found: LassoPath) -> str:
    """Write the path, and the clip's tokens on it, as the JSON that the component draws."""
    vocabulary = found.vocabulary
    order = found.order
    shades = shades_of(vocabulary.classes)
    value = {
        "n_tokens": len(vocabulary),
        "n_layers": len(prediction.codes),
        "frame_s": prediction.frame_s,
        "duration_s": prediction.recording.duration_s,
        "path": None if order is None else [vocabulary.strings[index] for index in order],
        "tokens": [] if order is None else _tokens(prediction, found),
        "sentence": path_sentence(found),
        "sizes": found.sizes.model_dump(exclude={"format"}) if found.sizes else None,
        "sizes_sentence": sizes_sentence(found.sizes),
        "names": {label: label_name(label) for label in vocabulary.classes},
        "colours": {name: {"light": one.light, "dark": one.dark} for name, one in shades.items()},
        "lines": [{"light": one.light, "dark": one.dark} for one in LABELS.values()],
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _tokens(prediction: Prediction, found: LassoPath) -> list[dict[str, object]]:
    """Return the clip's tokens with their places on the path."""
    vocabulary, places = found.vocabulary, found.places()
    return [
        {
            "token": vocabulary.strings[each.index],
            "layer": each.layer,
            "start_s": round(each.frame * prediction.frame_s, 6),
            "place": int(places[each.index]),
            "speaks_for": vocabulary.spoken_for[each.index],
        }
        for each in prediction.selected
    ]
