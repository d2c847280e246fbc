"""What keeps memory flat: one thread for all work, and nothing kept of what is over."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from starlette.requests import Request

from audiotok.errors import AudiotokError
from audiotok.prediction import Prediction
from audiotok.sequence import TokenSequence
from audiotok.transcription import Transcript
from audiotok.ui.models import Models
from audiotok.ui.page import build_page
from audiotok.ui.session import Sessions
from audiotok.ui.worker import Worker
from tests.fake_classifier import Attentions, FakeClassifier

TEXT = "Dinner is at seven."
FROM_NOBODY = Request({"type": "http", "query_string": b"", "headers": []})


class Watched(FakeClassifier):
    """Notes which threads it works on."""

    def __init__(self, task: str, threads: set[str]) -> None:
        super().__init__(task)
        self.threads = threads

    def predict(self, *args: Any, **options: Any) -> Prediction:
        self.threads.add(threading.current_thread().name)
        return super().predict(*args, **options)

    def attentions(self, sequence: TokenSequence) -> Attentions:
        self.threads.add(threading.current_thread().name)
        return super().attentions(sequence)


class Visit:
    """A page without a server, and somebody who calls its events."""

    def __init__(self, folder: Path) -> None:
        self.threads: set[str] = set()
        self.models = models = Models({"emotion": lambda: Watched("emotion", self.threads)})
        models.start()
        self.page = build_page(models, Sessions(folder), [])
        gr.routes.App.create_app(self.page)

    def call(self, event: gr.blocks.BlockFunction, data: list[Any], session: str) -> list[Any]:
        return asyncio.run(self._call(event, data, session))["data"]

    async def _call(self, event: gr.blocks.BlockFunction, data: list[Any], session: str) -> Any:
        """Call an event, and again while it has more to say."""
        answer: dict[str, Any] = {}
        while not answer or answer["is_generating"]:
            answer = await self.page.process_api(
                block_fn=event,
                inputs=data,
                state=self.page.state_holder[session],
                request=gr.Request(FROM_NOBODY, session_hash=session),
                iterator=answer.get("iterator"),
                session_hash=session,
            )
        return answer

    def named(self, name: str) -> gr.blocks.BlockFunction:
        return next(f for f in self.page.fns.values() if f.api_name == name)

    def on(self, elem_id: str) -> gr.blocks.BlockFunction:
        """The event that a click on a component makes, on the server."""
        ids = {block._id for block in self.page.blocks.values() if block.elem_id == elem_id}
        return next(
            f
            for f in self.page.fns.values()
            if f.fn and any(i in ids and kind == "click" for i, kind in f.targets)
        )

    def spoken(self) -> gr.blocks.BlockFunction:
        """The event of a recording that stops."""
        return next(
            f
            for f in self.page.fns.values()
            if f.fn and any(kind == "stop_recording" for _, kind in f.targets)
        )

    def opened(self, label: str) -> gr.blocks.BlockFunction:
        tabs = {i for i, b in self.page.blocks.items() if getattr(b, "label", None) == label}
        return next(
            f
            for f in self.page.fns.values()
            if any(i in tabs and kind == "select" for i, kind in f.targets)
        )


@pytest.fixture
def visit(tmp_path, monkeypatch) -> Visit:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return Visit(tmp_path)


@pytest.fixture
def uploaded(clip: Path) -> dict[str, Any]:
    return {"path": str(clip), "meta": {"_type": "gradio.FileData"}}


def test_everyone_is_answered_on_one_thread(visit, uploaded, monkeypatch):
    def transcribe(clip: str) -> Transcript:
        visit.threads.add(threading.current_thread().name)
        return Transcript(TEXT, "en")

    monkeypatch.setattr(visit.models.transcriber, "transcribe", transcribe)
    for number in range(4):
        visit.call(visit.named("analyse"), [uploaded, TEXT, "emotion", None], f"api-{number}")
        visit.call(visit.named("tokens"), [uploaded, "emotion"], f"api-{number}")
        visit.call(visit.named("attention"), [uploaded, TEXT, "emotion", 0, 0, None], "api")
        judged = [uploaded, TEXT, "emotion", None, None, None, 0, 0]
        visit.call(visit.on("at-analyse"), judged, f"page-{number}")
        visit.call(visit.opened("What it attended to"), [None], f"page-{number}")
        visit.call(visit.on("at-transcribe"), [uploaded, "", None], f"page-{number}")
        visit.call(visit.spoken(), [True, *judged], f"page-{number}")
    (thread,) = visit.threads
    assert thread.startswith("audiotok-work")


def test_an_answered_call_leaves_nothing_behind(visit, uploaded):
    for number in range(3):
        visit.call(visit.named("analyse"), [uploaded, TEXT, "emotion", None], f"api-{number}")
    assert not visit.page.state_holder.session_data
    assert not visit.page.state_holder.time_last_used


def test_a_refused_call_leaves_nothing_behind(visit, uploaded):
    with pytest.raises(gr.Error):
        visit.call(visit.named("analyse"), [uploaded, TEXT, "irony", None], "api")
    assert not visit.page.state_holder.session_data


def test_a_call_leaves_what_the_same_session_looks_at(visit, uploaded):
    judged = [uploaded, TEXT, "emotion", None, None, None, 0, 0]
    visit.call(visit.on("at-analyse"), judged, "page")
    visit.call(visit.named("tokens"), [uploaded, "emotion"], "page")
    assert list(visit.page.state_holder.session_data) == ["page"]


def test_a_visitor_who_leaves_leaves_nothing_behind(visit, uploaded):
    judged = [uploaded, TEXT, "emotion", None, None, None, 0, 0]
    visit.call(visit.on("at-analyse"), judged, "page")
    leave = next(f for f in visit.page.fns.values() if any(k == "unload" for _, k in f.targets))
    visit.call(leave, [], "page")
    assert not visit.page.state_holder.session_data


def test_a_failed_piece_of_work_raises_where_it_was_asked_for_and_the_next_is_done():
    worker = Worker()

    def fail() -> None:
        raise AudiotokError("no")

    with pytest.raises(AudiotokError, match="no"):
        worker.do(fail)
    assert worker.do(lambda: 2) == 2
