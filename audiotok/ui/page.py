"""The one page: what goes in, what comes out, and the events between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from audiotok.errors import AudiotokError
from audiotok.ui import answers
from audiotok.ui.api import offer_api
from audiotok.ui.attention import attention_html
from audiotok.ui.blocks import Blocks
from audiotok.ui.examples import Example, ExamplePicker
from audiotok.ui.export import Analysis
from audiotok.ui.models import Models
from audiotok.ui.neutral_voice import NeutralVoice
from audiotok.ui.recorder import PREPARE_RECORDERS, recorder
from audiotok.ui.session import PAGE_KEEPS_S, Sessions
from audiotok.ui.spoken import Spoken
from audiotok.ui.stream import stream_value, stream_view
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.takes import Takes, take_message
from audiotok.ui.texts import (
    ATTENTION,
    EMPTY,
    EXPERIMENT_LINK,
    FOOTER,
    GONE,
    HEADER,
    LISTENING,
    LOADING,
    SAY_JUDGED,
    SAY_STALE,
    SHOW_INSECURE,
    STALE,
)
from audiotok.ui.verdict import message_html, verdict_html, working_html

QUEUE = "model"  # everything that makes the model work waits in one queue, one at a time
MEAN = 0  # in the choosers: the mean over all layers or heads

Updates = tuple[Any, ...]


def build_page(models: Models, sessions: Sessions, examples: list[Example]) -> Blocks:
    """Lay out the page and wire it to the models."""
    with Blocks(
        title="audiotok", analytics_enabled=False, delete_cache=(600, PAGE_KEEPS_S)
    ) as page:
        view = _Page(page, models, sessions, examples)
        view.lay_out()
        view.wire()
        offer_api(models, sessions, view.audio, view.text, view.task, view.neutral.clip, QUEUE)
    return page


class _Page:
    """The components that events read and write; what a visitor sees is kept in gr.State only."""

    def __init__(
        self, blocks: Blocks, models: Models, sessions: Sessions, examples: list[Example]
    ) -> None:
        self.blocks = blocks
        self.models = models
        self.sessions = sessions
        self.analysis = gr.State(None, time_to_live=PAGE_KEEPS_S)
        self.attention_open = gr.State(False)
        self.spoken = Spoken(models)
        self.neutral = NeutralVoice(sessions)
        self.examples = ExamplePicker(examples)
        self.takes = Takes(models, sessions)

    def lay_out(self) -> None:
        gr.HTML(HEADER, apply_default_css=False)
        gr.HTML(EXPERIMENT_LINK, apply_default_css=False)
        self.blocks.notice = gr.HTML(visible=False, elem_id="at-notice", apply_default_css=False)
        with gr.Row(elem_classes="at-first"):
            with gr.Column(scale=5, min_width=320, elem_classes="at-speak"):
                self.audio = recorder("Your voice, up to a minute", "at-audio")
                self._lay_out_words()
            with gr.Column(scale=7, min_width=320):
                self.verdict = gr.HTML(EMPTY, elem_id="at-verdict", apply_default_css=False)
                gr.HTML(STALE, apply_default_css=False)
        with gr.Row(elem_classes="at-options"):
            tasks = self.models.tasks
            self.task = gr.Radio(
                list(tasks), value=tasks[0], label="Listen for", min_width=0, elem_id="at-task"
            )
            self.neutral.lay_out_buttons()
        self.neutral.lay_out_recorder()
        self.examples.lay_out()
        with gr.Column(visible=False) as self.details:
            self._lay_out_details()
        self.takes.lay_out()
        gr.HTML(FOOTER, apply_default_css=False)

    def _lay_out_words(self) -> None:
        self.text = gr.Textbox(
            label="The words",
            placeholder="They appear here when you have spoken. Without any the voice decides.",
            value="",
            lines=2,
            max_lines=4,
            elem_id="at-text",
        )
        self.spoken.lay_out_note()
        with gr.Row(elem_classes="at-go"):
            self.spoken.lay_out_switch()
            self.analyse = gr.Button(
                "Analyse", variant="primary", interactive=False, min_width=0, elem_id="at-analyse"
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
            [self.analyse, self.spoken.button],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
        self._wire_verdicts()
        self._wire_changes()
        self._wire_attention()
        self.takes.wire()

    @property
    def _judged(self) -> list[Any]:
        """What a verdict is about."""
        return [self.audio, self.text, self.task, self.neutral.clip]

    @property
    def _asked(self) -> list[Any]:
        """What an analysis takes."""
        return [*self._judged, self.spoken.heard, self.attention_open, self.layer, self.head]

    @property
    def _shown(self) -> list[Any]:
        """What an analysis gives."""
        shown = [self.verdict, self.details, self.stream, self.takes.view]
        return [*shown, *self._attention_outputs]

    @property
    def _attention_outputs(self) -> list[Any]:
        return [self.analysis, self.layer, self.head, self.attention]

    def _wire_verdicts(self) -> None:
        """A clip that arrives, an example that is picked, and Analyse: each ends in a verdict."""
        works: dict[str, Any] = {
            "show_progress_on": self.verdict,
            "concurrency_id": QUEUE,
            "api_visibility": "private",
        }
        arrives = [self.audio.stop_recording, self.audio.upload]
        gr.on(arrives, None, self._judged, js=SAY_JUDGED)
        gr.on(
            arrives,
            self._on_spoken,
            [self.spoken.by_itself, *self._asked],
            [*self.spoken.outputs(self.text), *self._shown],
            **works,
        )
        self.spoken.wire(self.audio, self.text, QUEUE)
        asks = [self.analyse.click, self.text.submit]
        gr.on(asks, None, self._judged, js=SAY_JUDGED)
        gr.on(asks, self._on_analyse, self._asked, self._shown, **works)
        if picked := self.examples.wire(self.audio, *self.spoken.outputs(self.text)):
            picked.then(None, self._judged, js=SAY_JUDGED)
            picked.then(self._on_analyse, self._asked, self._shown, **works)

    def _wire_changes(self) -> None:
        """Let the page say when what it judged is no longer what stands there."""
        changes = [component.change for component in [*self._judged, self.verdict]]
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

    def _on_spoken(
        self, by_itself: bool, audio: str | None, text: str, *asked: Any
    ) -> Iterator[Updates]:
        """A recording has stopped: its words are written down, then it is analysed."""
        task, reference, heard, *looked_at = asked
        unchanged = [gr.skip()] * len(self._shown)
        if by_itself is not True:
            yield gr.skip(), None, "", *unchanged
            return
        for step in self.spoken.write_down(audio, text, heard):
            if isinstance(step, str):
                working = [working_html(step), *unchanged[1:]]
                yield gr.skip(), gr.skip(), "", *working
            else:
                text, heard, note = step
        for shown in self._on_analyse(audio, text, task, reference, heard, *looked_at):
            yield text, heard, note, *shown

    def _on_analyse(
        self,
        audio: str | None,
        text: str,
        task: str,
        reference: str | None,
        heard: Any,
        attention_open: bool,
        layer: object,
        head: object,
    ) -> Iterator[Updates]:
        def judge() -> Updates:
            prediction = answers.analyse(self.models, audio, text, task, reference, heard)
            analysis = Analysis(prediction, layer=_chosen(layer), head=_chosen(head))
            attention = self._attention_updates(analysis, attention_open)
            stream, take = stream_value(prediction), take_message(prediction)
            return verdict_html(prediction), gr.Column(visible=True), stream, take, *attention

        said = LISTENING if self.models.is_ready(task) else LOADING
        yield working_html(said), *[gr.skip()] * (len(self._shown) - 1)
        try:
            yield answers.answered(self.models, judge)
        except AudiotokError as error:
            message = message_html(str(error))
            yield message, gr.Column(visible=False), "", gr.skip(), None, gr.skip(), gr.skip(), ""
        finally:
            self.sessions.touch(audio, reference)

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
