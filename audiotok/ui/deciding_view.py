"""What decided: moments, layers and words that a label loses without, its parts, a flat voice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

from audiotok.analysis.ablation import Ablation, ablation, part_name, parts_heard
from audiotok.analysis.comparison import Pair
from audiotok.analysis.contributions import NAMES, contributions
from audiotok.analysis.occlusion import Occlusion, occlusion, occlusion_sentence, strongest_step
from audiotok.analysis.swap import FlatVoice, flat_sentence, flat_voice
from audiotok.analysis.verdict import label_name
from audiotok.errors import AudiotokError
from audiotok.faithfulness import Faithfulness, faithfulness_sentence
from audiotok.language import mark, say
from audiotok.prediction import Prediction
from audiotok.ui.analysed import Analysis
from audiotok.ui.export_why import parts_sentence
from audiotok.ui.lazy_view import LazyView, Updates
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.templates import read, render
from audiotok.ui.texts import FLAT, MOMENTS, PARTS, lead
from audiotok.ui.verdict import colour_style, message_html
from audiotok.ui.waveform import waveform_path

FLATTEST = 0.02  # of probability; a bar as high as the view stands for at least that
SMALLEST_SHOWN = 5e-3  # log-odds; a part that would read ±0.00 is not shown


class DecidingView(LazyView):
    """Occlusion over the waveform; without layers and words; a waterfall a label; a flat voice."""

    name = "deciding"
    title = mark("What decided")

    def lay_out(self, take_along: TakeAlong) -> None:
        self._label = label_chooser()
        gr.HTML(lead(MOMENTS), apply_default_css=False)
        self._trust = gr.HTML(elem_id="at-trust", apply_default_css=False)
        self._moments = gr.HTML(
            elem_id="at-moments", js_on_load=read("moments.js"), apply_default_css=False
        )
        self._ablation = gr.HTML(elem_id="at-ablation", apply_default_css=False)
        take_along.buttons("moments")
        gr.HTML(lead(PARTS), apply_default_css=False)
        self._parts = gr.HTML(elem_id="at-parts", apply_default_css=False)
        take_along.buttons("parts")
        gr.HTML(lead(FLAT), apply_default_css=False)
        self._flat = gr.HTML(elem_id="at-flat", apply_default_css=False)
        take_along.buttons("flat")

    @property
    def outputs(self) -> list[Any]:
        return [
            self._moments,
            self._ablation,
            self._trust,
            self._parts,
            self._flat,
            self._label,
        ]

    @property
    def choosers(self) -> list[Any]:
        return [self._label]

    def choose(self, analysis: Analysis, *chosen: object) -> Analysis:
        return replace(analysis, label=chosen_name(chosen[0]))

    def look(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        analysis, moments = self._moments_of(analysis)
        trust = trust_html(self.models.classifier(analysis.prediction.task).bundle.faithfulness)
        return analysis, [
            moments,
            ablation_html(analysis) if analysis.occlusion else "",
            trust,
            parts_html(analysis),
            flat_html(analysis.flat) if analysis.flat else "",
            label_choice(analysis),
        ]

    @property
    def later(self) -> list[Any]:
        return [self._ablation, self._flat]

    def finish(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        analysis, ablated = self._ablation_of(analysis)
        analysis, flat = self._flat_of(analysis)
        return analysis, [ablated, flat]

    def _moments_of(self, analysis: Analysis) -> tuple[Analysis, str]:
        prediction = analysis.prediction
        try:
            found = analysis.occlusion or occlusion(
                self.models.classifier(prediction.task), prediction
            )
        except AudiotokError as error:  # the rest can still be shown
            return analysis, message_html(str(error))
        return replace(analysis, occlusion=found), moments_html(prediction, found, analysis.told)

    def _ablation_of(self, analysis: Analysis) -> tuple[Analysis, str]:
        if not analysis.occlusion:  # the moments were refused, and said why
            return analysis, ""
        prediction = analysis.prediction
        found = analysis.ablation or ablation(self.models.classifier(prediction.task), prediction)
        analysis = replace(analysis, ablation=found)
        return analysis, ablation_html(analysis)

    def _flat_of(self, analysis: Analysis) -> tuple[Analysis, str]:
        prediction = analysis.prediction
        try:
            found = analysis.flat or flat_voice(self.models.classifier(prediction.task), prediction)
        except AudiotokError as error:  # a codec without layers for pitch or energy
            return analysis, message_html(str(error))
        return replace(analysis, flat=found), flat_html(found)


def trust_html(found: Faithfulness | None) -> str:
    """Say which explanation names what verdicts rest on; nothing where nobody measured it."""
    return lead(faithfulness_sentence(found)) if found is not None else ""


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
    """Show what a label loses without each step of a clip."""
    place = found.labels.index(label)
    effects = found.steps[:, place]
    reach = max(FLATTEST, float(np.abs(effects).max()))
    duration_s = prediction.recording.duration_s
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
        n_seeds=found.n_seeds,
        duration_s=duration_s,
        waveform=waveform_path(prediction),
        words=prediction.words,
        colour=colour_style(label, found.labels),
        points=points,
    )


def ablation_html(analysis: Analysis) -> str:
    """Show what a label loses without each layer and the words, or what is still asked."""
    prediction, found, label = analysis.prediction, analysis.ablation, analysis.told
    names = [part_name(name) for name in parts_heard(prediction)]
    effects = effects_on(found, label) if found else [None] * len(names)
    return render(
        "ablation.html",
        label=label_name(label),
        parts=list(zip(names, effects, strict=True)),
        reach=max(FLATTEST, *(abs(effect or 0) for effect in effects)),
        colour=colour_style(label, prediction.labels),
        points=points,
    )


def effects_on(found: Ablation, label: str) -> list[float]:
    """Return what a label loses without each of ``Ablation.parts``."""
    place = found.labels.index(label)
    return [float(effects[place]) for _, effects in found.parts]


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


def flat_html(found: FlatVoice) -> str:
    """Show what a flat voice does to each label."""
    before, after = found.before, found.after
    pairs = [
        Pair(label, float(flat), float(own))
        for label, flat, own in zip(before.labels, after.mean, before.mean, strict=True)
    ]
    return render(
        "flat.html",
        sentence=flat_sentence(found),
        pairs=pairs,
        colour_style=colour_style,
    )


def points(effect: float) -> str:
    """Write an effect on a probability in percentage points."""
    rounded = round(100 * float(effect))
    return f"{rounded:+d}".replace("-", "−") if rounded else "0"
