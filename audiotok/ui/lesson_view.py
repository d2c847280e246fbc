"""How it works: a lesson of four steps on the visitor's own clip."""

from __future__ import annotations

from typing import Any

import gradio as gr

from audiotok.analysis.lesson import Lesson, lesson, shown_row
from audiotok.analysis.verdict import has_words, label_rows, verdict_sentence
from audiotok.language import mark, say
from audiotok.prediction import Prediction
from audiotok.ui.analysed import Analysis
from audiotok.ui.lazy_view import LazyView, Updates
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.templates import render
from audiotok.ui.verdict import colour_style
from audiotok.ui.waveform import N_COLUMNS, waveform_path

STEPS = (
    mark("Sound becomes tokens"),
    mark("The lasso keeps few"),
    mark("They stand beside the words"),
    mark("The verdict"),
)
TEMPLATES = ("sound", "lasso", "row", "verdict")


class LessonView(LazyView):
    """Sound, tokens, the few that are kept, the row that the model reads, and its verdict."""

    name = "lesson"
    title = mark("How it works")

    def lay_out(self, take_along: TakeAlong) -> None:
        self._steps, self._next = [], []
        with gr.Walkthrough(selected=1, elem_id="at-lesson") as self._walkthrough:
            for number, title in enumerate(STEPS, start=1):
                with gr.Step(say(title), id=number):
                    self._steps.append(gr.HTML(elem_classes="at-step", apply_default_css=False))
                    if number < len(STEPS):
                        self._next.append(gr.Button(say("Next"), variant="primary", size="sm"))
        for number, button in enumerate(self._next, start=2):
            button.click(
                lambda number=number: gr.Walkthrough(selected=number),
                None,
                self._walkthrough,
                queue=False,
                show_progress="hidden",
                api_visibility="private",
            )

    @property
    def outputs(self) -> list[Any]:
        return [*self._steps, self._walkthrough]

    def look(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        prediction = analysis.prediction
        codec = self.models.classifier(prediction.task).codec
        found = lesson(prediction, codec.codebook_size)
        steps = [step_html(name, prediction, found) for name in TEMPLATES]
        return analysis, [*steps, gr.Walkthrough(selected=1)]


def step_html(name: str, prediction: Prediction, found: Lesson) -> str:
    """Show one of the ``TEMPLATES`` with the picture of this clip."""
    row, n_hidden = shown_row(prediction)
    vocabulary = prediction.vocabulary
    return render(
        f"lesson/{name}.html",
        found=found,
        prediction=prediction,
        waveform=waveform_path(prediction),
        width=N_COLUMNS,
        spoken_for=vocabulary.spoken_for,
        classes=vocabulary.classes,
        row=row,
        n_hidden=n_hidden,
        rows=label_rows(prediction),
        sentence=verdict_sentence(prediction),
        words=has_words(prediction),
        n_seeds=len(prediction.text_audio.per_seed),
        colour_style=colour_style,
    )
