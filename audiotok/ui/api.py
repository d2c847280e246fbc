"""The page's functions for programs: named endpoints that take a clip and give JSON."""

from __future__ import annotations

import gradio as gr

from audiotok.analysis.export import (
    attention_record,
    full_verdict_record,
    tokens_record,
    transcript_record,
)
from audiotok.errors import AudiotokError
from audiotok.ui import answers
from audiotok.ui.api_listen import offer_listening
from audiotok.ui.api_why import offer_why
from audiotok.ui.endpoints import Answer, Endpoints
from audiotok.ui.models import Models
from audiotok.ui.session import Sessions


def offer_api(
    models: Models,
    sessions: Sessions,
    audio: gr.Audio,
    text: gr.Textbox,
    task: gr.Radio,
    reference: gr.Audio,
    queue: str,
) -> None:
    """Add all endpoints to the page that is being built.

    Parameters
    ----------
    audio, text, task, reference : the page's own inputs, whose checks of what comes in hold here
        too.
    queue : the concurrency id of everything that makes the model work.
    """
    with gr.Column(visible=False):
        button, record = gr.Button(), gr.JSON()
        page = Endpoints(models, sessions, audio, text, task, reference, queue, button, record)
        _offer_verdict(page)
        offer_why(page)
        offer_listening(page)


def _offer_verdict(page: Endpoints) -> None:
    """Add ``/analyse``, ``/tokens`` and ``/attention``."""
    models = page.models

    def analyse(audio: str, text: str, task: str, reference: str | None = None) -> Answer:
        """Both twins' probabilities, their spread, the verdict in words, counts of tokens."""
        return page.answer(
            lambda: full_verdict_record(answers.analyse(models, audio, text, task, reference)),
            audio,
            reference,
        )

    def tokens(audio: str, task: str) -> Answer:
        """All codes of a clip, and every selected token with its time and lasso weights."""
        return page.answer(lambda: tokens_record(answers.analyse(models, audio, "", task)), audio)

    def transcribe(audio: str) -> Answer:
        """What is said in a clip: text, language, and every word with its start and end in s."""
        return page.answer(lambda: transcript_record(answers.transcribe(models, audio)), audio)

    def attention(
        audio: str, text: str, task: str, layer: int, head: int, reference: str | None = None
    ) -> Answer:
        """What the verdict attends to; layer and head are 1-based, 0 is the mean."""

        def look() -> Answer:
            prediction = answers.analyse(models, audio, text, task, reference)
            attention = answers.attend(models, prediction)
            check_choice("layer", layer, attention.n_layers)
            check_choice("head", head, attention.n_heads)
            return attention_record(attention, layer or None, head or None)

        return page.answer(look, audio, reference)

    layer = gr.Number(0, precision=0, label="layer")
    head = gr.Number(0, precision=0, label="head")
    page.offer(analyse, [page.audio, page.text, page.task, page.reference])
    page.offer(tokens, [page.audio, page.task])
    page.offer(transcribe, [page.audio])
    page.offer(attention, [page.audio, page.text, page.task, layer, head, page.reference])


def check_choice(name: str, number: int | None, count: int) -> None:
    """Check a 1-based layer or head; 0 and None are the mean over all.

    Raises
    ------
    AudiotokError
        When the model has no such one.
    """
    if not 0 <= (number or 0) <= count:
        raise AudiotokError(
            f"There is no {name} {number} here; choose 1 to {count}, or 0 for the mean over all."
        )
