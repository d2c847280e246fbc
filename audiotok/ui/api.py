"""The page's functions for programs: named endpoints that take a clip and give JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from audiotok.analysis.export import attention_record, full_verdict_record, tokens_record
from audiotok.errors import AudiotokError
from audiotok.ui import answers
from audiotok.ui.models import Models

Answer = dict[str, Any]


class Blocks(gr.Blocks):
    """A page whose endpoints also take calls that leave out the last parameters.

    Gradio's Python client fills in what has a default; a plain HTTP call cannot. Once such a call
    is answered, nothing of it stays: Gradio would keep a copy of the page with the answer in it.
    """

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        inputs += [None] * (len(block_fn.inputs) - len(inputs))
        super().validate_inputs(block_fn, inputs)

    async def process_api(self, block_fn: Any, *args: Any, **options: Any) -> dict[str, Any]:
        try:
            return await super().process_api(block_fn, *args, **options)
        finally:
            session, state = options.get("session_hash"), options.get("state")
            called = getattr(block_fn, "api_visibility", None) == "public"
            if session and called and not any(state.state_data.values()):
                forget_state(self, session)


def forget_state(blocks: gr.Blocks, session: str) -> None:
    """Drop all that Gradio keeps of a session: state, and each component's last value."""
    holder = blocks.state_holder
    with holder.lock:
        holder.session_data.pop(session, None)
        holder.time_last_used.pop(session, None)


def offer_api(
    models: Models,
    audio: gr.Audio,
    text: gr.Textbox,
    task: gr.Radio,
    reference: gr.Audio,
    queue: str,
) -> None:
    """Add ``/analyse``, ``/tokens`` and ``/attention`` to the page that is being built.

    Parameters
    ----------
    audio, text, task, reference : the page's own inputs, whose checks of what comes in hold here
        too.
    queue : the concurrency id of everything that makes the model work.
    """

    def analyse(audio: str, text: str, task: str, reference: str | None = None) -> Answer:
        """Both twins' probabilities, their spread, the verdict in words, counts of tokens."""
        return _answered(
            models,
            lambda: full_verdict_record(answers.analyse(models, audio, text, task, reference)),
        )

    def tokens(audio: str, task: str) -> Answer:
        """All codes of a clip, and every selected token with its time and lasso weights."""
        return _answered(models, lambda: tokens_record(answers.analyse(models, audio, "", task)))

    def attention(
        audio: str, text: str, task: str, layer: int, head: int, reference: str | None = None
    ) -> Answer:
        """What the verdict attends to; layer and head are 1-based, 0 is the mean."""

        def look() -> Answer:
            prediction = answers.analyse(models, audio, text, task, reference)
            return attention_record(answers.attend(models, prediction), layer or None, head or None)

        return _answered(models, look)

    with gr.Column(visible=False):
        button, record = gr.Button(), gr.JSON()
        layer = gr.Number(0, precision=0, label="layer")
        head = gr.Number(0, precision=0, label="head")
    endpoints: list[tuple[Callable[..., Answer], list[Any]]] = [
        (analyse, [audio, text, task, reference]),
        (tokens, [audio, task]),
        (attention, [audio, text, task, layer, head, reference]),
    ]
    for function, inputs in endpoints:
        button.click(function, inputs, record, api_name=function.__name__, concurrency_id=queue)


def _answered(models: Models, answer: Callable[[], Answer]) -> Answer:
    """Give an answer; what goes wrong is one sentence here too."""
    try:
        return answers.answered(models, answer)
    except AudiotokError as error:
        raise gr.Error(str(error), print_exception=False) from error
