"""What all endpoints of the API share: the page's inputs, one queue, refusals in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from audiotok.errors import AudiotokError
from audiotok.ui import answers
from audiotok.ui.models import Models
from audiotok.ui.session import Sessions

Answer = dict[str, Any]


@dataclass(frozen=True)
class Endpoints:
    """Where endpoints are added to the page that is being built.

    Attributes
    ----------
    audio, text, task, reference : the page's own inputs, whose checks of what comes in hold here
        too.
    queue : the concurrency id of everything that makes the model work.
    button, record : invisible; the first is what endpoints hang on, the second what they fill.
    """

    models: Models
    sessions: Sessions
    audio: gr.Audio
    text: gr.Textbox
    task: gr.Radio
    reference: gr.Audio
    queue: str
    button: gr.Button
    record: gr.JSON

    def answer(self, work: Callable[[], Answer], *clips: str | None) -> Answer:
        """Give an answer; what goes wrong is one sentence here too."""
        try:
            return answers.answered(self.models, work)
        except AudiotokError as error:
            raise gr.Error(str(error), print_exception=False) from error
        finally:
            self.sessions.touch(*clips)

    def offer(self, function: Callable[..., Answer], inputs: list[Any]) -> None:
        """Add an endpoint under the name of its function."""
        self.button.click(
            function,
            inputs,
            self.record,
            api_name=function.__name__,
            concurrency_id=self.queue,
        )
