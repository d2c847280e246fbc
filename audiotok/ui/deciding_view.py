"""What decided: the moments without which a label loses most, and the parts it is the sum of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

from audiotok.analysis.contributions import NAMES, contributions
from audiotok.analysis.occlusion import Occlusion, occlusion, occlusion_sentence, strongest_step
from audiotok.analysis.verdict import label_name
from audiotok.errors import AudiotokError
from audiotok.language import mark, say
from audiotok.prediction import Prediction
from audiotok.ui.analysed import Analysis
from audiotok.ui.export_why import parts_sentence
from audiotok.ui.lazy_view import LazyView, Updates
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.templates import read, render
from audiotok.ui.texts import MOMENTS, PARTS, lead
from audiotok.ui.verdict import colour_style, message_html
from audiotok.ui.waveform import waveform_path

FLATTEST = 0.02  # of probability; a bar as high as the view stands for at least that
SMALLEST_SHOWN = 5e-3  # log-odds; a part that would read ±0.00 is not shown


class DecidingView(LazyView):
    """Occlusion in time over the waveform, of layers and words; a waterfall a label."""

    name = "deciding"
    title = mark("What decided")

    def lay_out(self, take_along: TakeAlong) -> None:
        self._label = label_chooser()
        gr.HTML(lead(MOMENTS), apply_default_css=False)
        self._moments = gr.HTML(
            elem_id="at-moments", js_on_load=read("moments.js"), apply_default_css=False
        )
        take_along.buttons("moments")
        gr.HTML(lead(PARTS), apply_default_css=False)
        self._parts = gr.HTML(elem_id="at-parts", apply_default_css=False)
        take_along.buttons("parts")

    @property
    def outputs(self) -> list[Any]:
        return [self._moments, self._parts, self._label]

    @property
    def choosers(self) -> list[Any]:
        return [self._label]

    def choose(self, analysis: Analysis, *chosen: object) -> Analysis:
        return replace(analysis, label=chosen_name(chosen[0]))

    def look(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        prediction, label = analysis.prediction, analysis.told
        try:
            found = analysis.occlusion or occlusion(
                self.models.classifier(prediction.task), prediction
            )
            analysis = replace(analysis, occlusion=found)
            moments = moments_html(prediction, found, label)
        except AudiotokError as error:  # the rest can still be shown
            moments = message_html(str(error))
        return analysis, [moments, parts_html(analysis), label_choice(analysis)]


def label_chooser() -> gr.Radio:
    """Add a chooser of the label that views are about here."""
    return gr.Radio([], label=say("About"), min_width=0, elem_classes="at-label")


def label_choice(analysis: Analysis) -> gr.Radio:
    """Offer an analysis's labels."""
    labels = [(label_name(label), label) for label in analysis.prediction.labels]
    return gr.Radio(labels, value=analysis.told)


def chosen_name(value: object) -> str | None:
    """Return a label that is chosen; anything but a string, which Gradio lets by, is none."""
    return value if isinstance(value, str) else None


def moments_html(prediction: Prediction, found: Occlusion, label: str) -> str:
    """Show what a label loses without each step of a clip, each layer and the words."""
    place = found.labels.index(label)
    effects = found.steps[:, place]
    reach = max(FLATTEST, float(np.abs(effects).max()))
    duration_s = prediction.recording.duration_s
    parts = [
        (say("layer {which}", which=n), effect[place])
        for n, effect in zip(found.layers, found.by_layer, strict=True)
    ]
    if found.words is not None:
        parts.append((say("words"), found.words[place]))
    start_s, _, effect = strongest_step(found, label)
    return render(
        "moments.html",
        label=label_name(label),
        sentence=occlusion_sentence(found, label),
        steps=[
            (start, end, effect, abs(effect) / reach, n_tokens)
            for (start, end), effect, n_tokens in zip(
                found.bounds_s, effects, found.n_tokens, strict=True
            )
        ],
        strongest_s=start_s if effect > 0 else None,
        duration_s=duration_s,
        waveform=waveform_path(prediction),
        words=prediction.words,
        parts=parts,
        parts_reach=max(FLATTEST, *(abs(effect) for _, effect in parts)),
        colour=colour_style(label, found.labels),
        points=points,
    )


def parts_html(analysis: Analysis) -> str:
    """Show the parts of a label's log-odds as a waterfall."""
    found, label = contributions(analysis.prediction), analysis.told
    parts = {name: value for name, value in found.of(label).items() if abs(value) > SMALLEST_SHOWN}
    ends = np.cumsum([0.0, *parts.values()])
    low, high = float(ends.min()), float(ends.max())
    reach = (high - low) or 1.0
    rows = [
        (say(NAMES[name]), value, (min(start, end) - low) / reach, abs(value) / reach)
        for (name, value), start, end in zip(parts.items(), ends[:-1], ends[1:], strict=True)
    ]
    return render(
        "parts.html",
        label=label_name(label),
        sentence=parts_sentence(analysis),
        rows=rows,
        zero=(0 - low) / reach,
        end=(ends[-1] - low) / reach,
        probability=float(found.probabilities[found.labels.index(label)]),
        colour=colour_style(label, found.labels),
    )


def points(effect: float) -> str:
    """Write an effect on a probability in percentage points."""
    rounded = round(100 * float(effect))
    return f"{rounded:+d}".replace("-", "−") if rounded else "0"
