"""Endpoints on how a verdict came about: its parts, what carries it, how attention flows."""

from __future__ import annotations

import gradio as gr

from audiotok.analysis.ablation import ablation, ablation_record
from audiotok.analysis.attention_map import (
    attention_map,
    attention_map_record,
    thumbnails,
    thumbnails_record,
)
from audiotok.analysis.contributions import (
    chosen_label,
    contributions,
    contributions_record,
    contributions_sentence,
)
from audiotok.analysis.flow import flow as follow
from audiotok.analysis.flow import flow_record, flow_sentence
from audiotok.analysis.knockout import knockout as knock_out
from audiotok.analysis.knockout import knockout_record, knockout_sentence
from audiotok.analysis.occlusion import STEP_S, occlusion_record, occlusion_sentence
from audiotok.analysis.occlusion import occlusion as occlude
from audiotok.analysis.verdict import has_words
from audiotok.ui import answers
from audiotok.ui.endpoints import Answer, Endpoints

LABEL_HELP = "the label that the sentence is about; empty for the verdict"


def offer_why(page: Endpoints) -> None:
    """Add ``/contributions``, ``/occlusion``, ``/knockout``, ``/flow`` and ``/attention_map``."""
    _offer_parts(page)
    _offer_occlusion(page)
    _offer_knockout(page)
    _offer_flow(page)
    _offer_map(page)


def _offer_parts(page: Endpoints) -> None:
    def contributions_(
        audio: str, text: str, task: str, label: str, reference: str | None = None
    ) -> Answer:
        """Parts of each label's log-odds that add up to its probability."""

        def look() -> Answer:
            prediction = answers.analyse(page.models, audio, text, task, reference)
            told = chosen_label(prediction, label)
            found = contributions(prediction)
            sentence = contributions_sentence(found, told, with_words=has_words(prediction))
            return contributions_record(found, sentence)

        return page.answer(look, audio, reference)

    contributions_.__name__ = "contributions"
    label = gr.Textbox("", label="label", info=LABEL_HELP)
    page.offer(contributions_, [page.audio, page.text, page.task, label, page.reference])


def _offer_occlusion(page: Endpoints) -> None:
    def occlusion(
        audio: str, text: str, task: str, step_s: float, label: str, reference: str | None = None
    ) -> Answer:
        """What each label loses without each step of time, each layer and the words."""

        def look() -> Answer:
            prediction = answers.analyse(page.models, audio, text, task, reference)
            told = chosen_label(prediction, label)
            step = STEP_S if step_s is None else step_s
            classifier = page.models.classifier(task)
            found = occlude(classifier, prediction, step)
            ablated = ablation_record(ablation(classifier, prediction))
            return occlusion_record(found, occlusion_sentence(found, told)) | ablated

        return page.answer(look, audio, reference)

    step_s = gr.Number(STEP_S, label="step_s")
    label = gr.Textbox("", label="label", info=LABEL_HELP)
    page.offer(occlusion, [page.audio, page.text, page.task, step_s, label, page.reference])


def _offer_knockout(page: Endpoints) -> None:
    def knockout(
        audio: str, text: str, task: str, window: int, label: str, reference: str | None = None
    ) -> Answer:
        """What each label loses with attention cut; window is a number of layers, 0 chooses."""

        def look() -> Answer:
            prediction = answers.analyse(page.models, audio, text, task, reference)
            told = chosen_label(prediction, label)
            found = knock_out(page.models.classifier(task), prediction, window or None)
            return knockout_record(found, knockout_sentence(found, told))

        return page.answer(look, audio, reference)

    window = gr.Number(0, precision=0, label="window")
    label = gr.Textbox("", label="label", info=LABEL_HELP)
    page.offer(knockout, [page.audio, page.text, page.task, window, label, page.reference])


def _offer_flow(page: Endpoints) -> None:
    def flow(audio: str, text: str, task: str, reference: str | None = None) -> Answer:
        """Where what the head reads comes from, layer by layer, by attention rollout."""

        def look() -> Answer:
            prediction = answers.analyse(page.models, audio, text, task, reference)
            found = follow(answers.with_attention(page.models, prediction))
            sentence = flow_sentence(found, with_words=has_words(prediction))
            return flow_record(found, sentence)

        return page.answer(look, audio, reference)

    page.offer(flow, [page.audio, page.text, page.task, page.reference])


def _offer_map(page: Endpoints) -> None:
    def attention_map_(
        audio: str,
        text: str,
        task: str,
        layer: int,
        head: int,
        markers: bool,
        reference: str | None = None,
    ) -> Answer:
        """The attention matrix of a layer and head (0 is the mean), and thumbnails of all."""

        def look() -> Answer:
            prediction = answers.analyse(page.models, audio, text, task, reference)
            prediction = answers.with_attention(page.models, prediction)
            found = attention_map(
                prediction, layer or None, head or None, with_markers=markers is not False
            )
            pictures = thumbnails(prediction)
            record = attention_map_record(found, *pictures.shape[:2])
            return record | {"thumbnails": thumbnails_record(pictures)}

        return page.answer(look, audio, reference)

    attention_map_.__name__ = "attention_map"
    layer = gr.Number(0, precision=0, label="layer")
    head = gr.Number(0, precision=0, label="head")
    markers = gr.Checkbox(True, label="markers")
    page.offer(
        attention_map_,
        [page.audio, page.text, page.task, layer, head, markers, page.reference],
    )
