"""The one page: what goes in, what comes out, and the events between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from gradio.context import Context

from audiotok.analysis.verdict import label_name
from audiotok.errors import AudiotokError
from audiotok.language import ENGLISH, LANGUAGES, say, speaking
from audiotok.ui import answers
from audiotok.ui.analysed import Analysis
from audiotok.ui.api import offer_api
from audiotok.ui.attention_view import AttentionView
from audiotok.ui.blocks import Blocks
from audiotok.ui.deciding_view import DecidingView
from audiotok.ui.embeddings_view import EmbeddingsView
from audiotok.ui.examples import Example, ExamplePicker
from audiotok.ui.flow_view import FlowView
from audiotok.ui.lazy_view import LazyTabs
from audiotok.ui.lesson_view import LessonView
from audiotok.ui.listening import Listening
from audiotok.ui.map_view import MapView
from audiotok.ui.models import Models
from audiotok.ui.neutral_voice import NeutralVoice
from audiotok.ui.path_view import PathView
from audiotok.ui.recorder import PREPARE_RECORDERS, recorder
from audiotok.ui.session import PAGE_KEEPS_S, Sessions
from audiotok.ui.spoken import Spoken
from audiotok.ui.stream import stream_value, stream_view
from audiotok.ui.swapping import Swapping
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.takes import Takes, take_message
from audiotok.ui.texts import (
    LISTENING,
    LOADING,
    SAY_JUDGED,
    SAY_STALE,
    SHOW_INSECURE,
    empty,
    footer,
    header,
    links,
    stale,
)
from audiotok.ui.verdict import message_html, verdict_html, working_html

QUEUE = "model"  # everything that makes the model work waits in one queue, one at a time

Updates = tuple[Any, ...]


def build_page(models: Models, sessions: Sessions, examples: list[Example]) -> Blocks:
    """Lay out the page and wire it to the models, once for each language that it is read in."""
    first = Context.id  # each component has the same number in all languages
    page = _built(models, sessions, examples)
    for code in LANGUAGES:
        if code != ENGLISH:
            Context.id = first
            with speaking(code):
                page.twins[code] = _built(models, sessions, examples)
    return page


def _built(models: Models, sessions: Sessions, examples: list[Example]) -> Blocks:
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
        views = [
            LessonView(models),
            DecidingView(models),
            FlowView(models),
            AttentionView(models),
            MapView(models),
            PathView(models),
            EmbeddingsView(models),
        ]
        self.tabs = LazyTabs(models, views, self.analysis, QUEUE)
        self.listening = Listening(models, sessions, self.analysis, QUEUE)
        self.spoken = Spoken(models)
        self.neutral = NeutralVoice(sessions)
        self.examples = ExamplePicker(examples)
        self.takes = Takes(models, sessions)

    def lay_out(self) -> None:
        gr.HTML(header(), apply_default_css=False)
        gr.HTML(links(), apply_default_css=False)
        self.blocks.notice = gr.HTML(visible=False, elem_id="at-notice", apply_default_css=False)
        with gr.Row(elem_classes="at-first"):
            with gr.Column(scale=5, min_width=320, elem_classes="at-speak"):
                self.audio = recorder(say("Your voice, up to a minute"), "at-audio")
                self._lay_out_words()
            with gr.Column(scale=7, min_width=320):
                self.verdict = gr.HTML(empty(), elem_id="at-verdict", apply_default_css=False)
                gr.HTML(stale(), apply_default_css=False)
        with gr.Row(elem_classes="at-options"):
            tasks = self.models.tasks
            self.task = gr.Radio(
                [(label_name(task), task) for task in tasks],
                value=tasks[0],
                label=say("Listen for"),
                min_width=0,
                elem_id="at-task",
            )
            self.neutral.lay_out_buttons()
        self.neutral.lay_out_recorder()
        self.examples.lay_out()
        with gr.Column(visible=False) as self.details:
            self._lay_out_details()
        self.takes.lay_out()
        self.swapping = Swapping(self.models, self.sessions, self.analysis, self.takes.view, QUEUE)
        self.swapping.lay_out()
        gr.HTML(footer(), apply_default_css=False)

    def _lay_out_words(self) -> None:
        self.text = gr.Textbox(
            label=say("The words"),
            placeholder=say(
                "They appear here when you have spoken. Without any the voice decides."
            ),
            value="",
            lines=2,
            max_lines=4,
            elem_id="at-text",
        )
        self.spoken.lay_out_note()
        with gr.Row(elem_classes="at-go"):
            self.spoken.lay_out_switch()
            self.analyse = gr.Button(
                say("Analyse"),
                variant="primary",
                interactive=False,
                min_width=0,
                elem_id="at-analyse",
            )

    def _lay_out_details(self) -> None:
        take_along = TakeAlong(self.models, self.sessions, self.analysis)
        take_along.buttons("verdict")
        with gr.Tabs():
            with gr.Tab(say("What was heard")) as self.tokens_tab:
                self.stream = stream_view(elem_id="at-stream")
                self.listening.lay_out()
                take_along.buttons("tokens")
            self.tabs.lay_out(take_along)

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
        self.listening.wire()
        self.tabs.wire([self.tokens_tab])
        self.takes.wire()
        self.swapping.wire()

    @property
    def _judged(self) -> list[Any]:
        """What a verdict is about."""
        return [self.audio, self.text, self.task, self.neutral.clip]

    @property
    def _asked(self) -> list[Any]:
        """What an analysis takes."""
        return [*self._judged, self.spoken.heard, self.analysis]

    @property
    def _shown(self) -> list[Any]:
        """What an analysis gives."""
        return [self.verdict, self.details, self.stream, self.takes.view, self.analysis]

    def _wire_verdicts(self) -> None:
        """A clip that arrives, an example that is picked, and Analyse: each ends in a verdict."""
        works: dict[str, Any] = {
            "show_progress_on": self.verdict,
            "concurrency_id": QUEUE,
            "api_visibility": "private",
        }
        arrives = [self.audio.stop_recording, self.audio.upload]
        gr.on(arrives, None, self._judged, js=SAY_JUDGED)
        spoken = gr.on(
            arrives,
            self._on_spoken,
            [self.spoken.by_itself, *self._asked],
            [*self.spoken.outputs(self.text), *self._shown],
            **works,
        )
        self._follow(spoken)
        self.spoken.wire(self.audio, self.text, QUEUE)
        asks = [self.analyse.click, self.text.submit]
        gr.on(asks, None, self._judged, js=SAY_JUDGED)
        self._follow(gr.on(asks, self._on_analyse, self._asked, self._shown, **works))
        if picked := self.examples.wire(self.audio, *self.spoken.outputs(self.text)):
            picked.then(None, self._judged, js=SAY_JUDGED)
            analysed = picked.then(self._on_analyse, self._asked, self._shown, **works)
            self._follow(analysed)

    def _follow(self, analysed: Any) -> None:
        """Let what belongs to an analysis follow the next one."""
        self.tabs.follow(analysed)
        self.listening.follow(analysed)
        self.swapping.follow(analysed)

    def _wire_changes(self) -> None:
        """Let the page say when what it judged is no longer what stands there."""
        changes = [component.change for component in [*self._judged, self.verdict]]
        gr.on(changes, None, self._judged, js=SAY_STALE)
        for pressed in self.neutral.wire(self.audio):
            pressed.then(None, self._judged, js=SAY_STALE)

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
        task, reference, heard, before = asked
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
        for shown in self._on_analyse(audio, text, task, reference, heard, before):
            yield text, heard, note, *shown

    def _on_analyse(
        self,
        audio: str | None,
        text: str,
        task: str,
        reference: str | None,
        heard: Any,
        before: Analysis | None,
    ) -> Iterator[Updates]:
        def judge() -> Updates:
            prediction = answers.analyse(self.models, audio, text, task, reference, heard)
            analysis = before.of(prediction) if before else Analysis(prediction)
            stream, take = stream_value(prediction), take_message(prediction, analysis.take)
            return verdict_html(prediction), gr.Column(visible=True), stream, take, analysis

        said = LISTENING if self.models.is_ready(task) else LOADING
        yield working_html(say(said)), *[gr.skip()] * (len(self._shown) - 1)
        try:
            yield answers.answered(self.models, judge)
        except AudiotokError as error:
            message = message_html(str(error))
            yield message, gr.Column(visible=False), "", gr.skip(), None
        finally:
            self.sessions.touch(audio, reference)
