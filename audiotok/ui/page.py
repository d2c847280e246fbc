"""The one page: what goes in, what comes out, and the events between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from audiotok.errors import AudiotokError
from audiotok.ui import answers
from audiotok.ui.api import offer_api
from audiotok.ui.attention import attention_html
from audiotok.ui.blocks import Blocks
from audiotok.ui.examples import Example, example_picker
from audiotok.ui.export import Analysis
from audiotok.ui.models import Models
from audiotok.ui.neutral_voice import NeutralVoice
from audiotok.ui.recorder import PREPARE_RECORDERS, recorder
from audiotok.ui.session import PAGE_KEEPS_S, Sessions
from audiotok.ui.stream import stream_value, stream_view
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.texts import (
    ATTENTION,
    EMPTY,
    EXPERIMENT_LINK,
    FOOTER,
    GONE,
    HEADER,
    SAY_FRESH,
    SAY_STALE,
    SHOW_INSECURE,
    STALE,
)
from audiotok.ui.transcribe import transcribe
from audiotok.ui.verdict import message_html, verdict_html

QUEUE = "model"  # everything that makes the model work waits in one queue, one at a time
MEAN = 0  # in the choosers: the mean over all layers or heads

Updates = tuple[Any, ...]


def build_page(models: Models, sessions: Sessions, examples: list[Example]) -> Blocks:
    """Lay out the page and wire it to the models."""
    with Blocks(
        title="audiotok", analytics_enabled=False, delete_cache=(600, PAGE_KEEPS_S)
    ) as page:
        view = _Page(page, models, sessions)
        view.lay_out(examples)
        view.wire()
        offer_api(models, sessions, view.audio, view.text, view.task, view.neutral.clip, QUEUE)
    return page


class _Page:
    """The components that events read and write; what a visitor sees is kept in gr.State only."""

    def __init__(self, blocks: Blocks, models: Models, sessions: Sessions) -> None:
        self.blocks = blocks
        self.models = models
        self.sessions = sessions
        self.analysis = gr.State(None, time_to_live=PAGE_KEEPS_S)
        self.attention_open = gr.State(False)
        self.neutral = NeutralVoice(sessions)

    def lay_out(self, examples: list[Example]) -> None:
        gr.HTML(HEADER, apply_default_css=False)
        gr.HTML(EXPERIMENT_LINK, apply_default_css=False)
        self.blocks.notice = gr.HTML(visible=False, elem_id="at-notice", apply_default_css=False)
        with gr.Row(elem_classes="at-inputs"):
            with gr.Column(min_width=320):
                self.audio = recorder("Your voice, up to a minute", "at-audio")
                self.neutral.lay_out_buttons()
            with gr.Column(min_width=320):
                self._lay_out_words()
        self.neutral.lay_out_recorder()
        example_picker(examples, self.audio, self.text)
        with gr.Row(equal_height=True):
            tasks = self.models.tasks
            self.task = gr.Radio(list(tasks), value=tasks[0], label="Listen for", min_width=260)
            self.analyse = gr.Button(
                "Analyse", variant="primary", interactive=False, scale=2, elem_id="at-analyse"
            )
        gr.HTML(STALE, apply_default_css=False)
        self.verdict = gr.HTML(EMPTY, elem_id="at-verdict", apply_default_css=False)
        with gr.Column(visible=False) as self.details:
            self._lay_out_details()
        gr.HTML(FOOTER, apply_default_css=False)

    def _lay_out_words(self) -> None:
        self.text = gr.Textbox(
            label="The words",
            placeholder="What is said. Leave it empty and the voice alone decides.",
            value="",
            lines=3,
            max_lines=6,
            elem_id="at-text",
        )
        self.transcribe = gr.Button(
            "Transcribe the voice", size="sm", interactive=False, elem_id="at-transcribe"
        )

    def _lay_out_details(self) -> None:
        take_along = TakeAlong(self.models, self.sessions, self.analysis)
        take_along.buttons("verdict")
        with gr.Tabs():
            with gr.Tab("What was heard") as self.tokens_tab:
                self.stream = stream_view(elem_id="at-stream")
                take_along.buttons("tokens")
            with gr.Tab("What it attended to") as self.attention_tab:
                gr.HTML(ATTENTION, apply_default_css=False)
                with gr.Row():
                    self.layer = _chooser("Backbone layer")
                    self.head = _chooser("Head")
                self.attention = gr.HTML(elem_id="at-attention", apply_default_css=False)
                take_along.buttons("attention")

    def wire(self) -> None:
        self.blocks.load(None, js=SHOW_INSECURE)
        self.blocks.load(None, js=PREPARE_RECORDERS)
        self.blocks.unload(self._on_leave)
        self.audio.change(
            self._on_clip,
            self.audio,
            [self.analyse, self.transcribe],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
        self.transcribe.click(
            self._on_transcribe,
            [self.audio, self.text],
            self.text,
            concurrency_id=QUEUE,
            api_visibility="private",
        )
        gr.on(
            [self.analyse.click, self.text.submit],
            self._on_analyse,
            [*self._judged, self.attention_open, self.layer, self.head],
            [self.verdict, self.details, self.stream, *self._attention_outputs],
            show_progress_on=self.verdict,
            concurrency_id=QUEUE,
            api_visibility="private",
        )
        self._wire_changes()
        self._wire_attention()

    @property
    def _judged(self) -> list[Any]:
        """What a verdict is about."""
        return [self.audio, self.text, self.task, self.neutral.clip]

    @property
    def _attention_outputs(self) -> list[Any]:
        return [self.analysis, self.layer, self.head, self.attention]

    def _wire_changes(self) -> None:
        """Let the page say when what it judged is no longer what stands there."""
        gr.on([self.analyse.click, self.text.submit], None, self._judged, js=SAY_FRESH)
        changes = [component.change for component in self._judged]
        gr.on(changes, None, self._judged, js=SAY_STALE)
        for pressed in self.neutral.wire(self.audio):
            pressed.then(None, self._judged, js=SAY_STALE)

    def _wire_attention(self) -> None:
        self.attention_tab.select(
            self._on_attention_opened,
            [self.analysis],
            [*self._attention_outputs, self.attention_open],
            show_progress_on=self.attention,
            concurrency_id=QUEUE,
            api_visibility="private",
        )
        self.tokens_tab.select(
            lambda: False, None, self.attention_open, queue=False, api_visibility="private"
        )
        gr.on(
            [self.layer.input, self.head.input],
            self._on_chosen,
            [self.analysis, self.layer, self.head],
            [self.analysis, self.attention],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )

    def _on_clip(self, audio: str | None, request: gr.Request) -> Updates:
        """A clip has arrived, or gone."""
        self.sessions.remember(request.session_hash, audio)
        there = audio is not None
        return gr.Button(interactive=there), gr.Button(interactive=there)

    def _on_leave(self, request: gr.Request) -> None:
        """The tab was closed: its files go, and so does what Gradio keeps of the voice."""
        self.sessions.forget(request.session_hash)
        self.blocks.forget_state(request.session_hash or "")

    def _on_analyse(
        self,
        audio: str | None,
        text: str,
        task: str,
        reference: str | None,
        attention_open: bool,
        layer: object,
        head: object,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  (how Gradio injects it)
    ) -> Updates:
        def judge() -> Updates:
            prediction = answers.analyse(self.models, audio, text, task, reference)
            analysis = Analysis(prediction, layer=_chosen(layer), head=_chosen(head))
            attention = self._attention_updates(analysis, attention_open)
            verdict = verdict_html(prediction)
            return verdict, gr.Column(visible=True), stream_value(prediction), *attention

        if not self.models.is_ready(task):
            progress(0, desc="Loading the model, once")
        try:
            return answers.answered(self.models, judge)
        except AudiotokError as error:
            message = message_html(str(error))
            return message, gr.Column(visible=False), "", None, gr.skip(), gr.skip(), ""
        finally:
            self.sessions.touch(audio, reference)

    def _on_transcribe(self, audio: str | None, text: str) -> str:
        try:
            return answers.answered(self.models, lambda: transcribe(audio))
        except AudiotokError as error:
            gr.Info(str(error), title="No transcription")
            return text
        finally:
            self.sessions.touch(audio)

    def _on_attention_opened(self, analysis: Analysis | None) -> Updates:
        if analysis is None:
            return None, gr.skip(), gr.skip(), message_html(GONE), True
        try:
            updates = answers.answered(
                self.models, lambda: self._attention_updates(analysis, wanted=True)
            )
            return *updates, True
        except AudiotokError as error:
            return analysis, gr.skip(), gr.skip(), message_html(str(error)), True

    def _attention_updates(self, analysis: Analysis, wanted: bool) -> Updates:
        """State, choosers and view; attention is computed only where it is looked at."""
        if not wanted:
            return analysis, gr.skip(), gr.skip(), ""
        attention = analysis.attention or answers.attend(self.models, analysis.prediction)
        layer = _within(analysis.layer, attention.n_layers)
        head = _within(analysis.head, attention.n_heads)
        return (
            replace(analysis, attention=attention, layer=layer, head=head),
            gr.Dropdown(_choices(attention.n_layers), value=layer or MEAN),
            gr.Dropdown(_choices(attention.n_heads), value=head or MEAN),
            attention_html(attention, layer, head),
        )

    def _on_chosen(self, analysis: Analysis | None, layer: object, head: object) -> Updates:
        if analysis is None or (attention := analysis.attention) is None:
            return analysis, message_html(GONE)
        analysis = replace(
            analysis,
            layer=_within(_chosen(layer), attention.n_layers),
            head=_within(_chosen(head), attention.n_heads),
        )
        shown = self.models.worker.do(
            lambda: attention_html(attention, analysis.layer, analysis.head)
        )
        return analysis, shown


def _chosen(value: object) -> int | None:
    """What a chooser says; anything but a number of its list, which Gradio lets by, is the mean."""
    return value if type(value) is int and value > MEAN else None


def _within(number: int | None, count: int) -> int | None:
    """A choice that this backbone has, else the mean."""
    return number if number is None or number <= count else None


def _chooser(label: str) -> gr.Dropdown:
    return gr.Dropdown(_choices(), value=MEAN, label=label, filterable=False, min_width=140)


def _choices(count: int = 0) -> list[tuple[str, int]]:
    return [("all, mean", MEAN), *((str(n), n) for n in range(1, count + 1))]
