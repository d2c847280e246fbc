"""Words from the voice: by themselves when a recording stops, or when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from audiotok.errors import AudioError, AudiotokError
from audiotok.language import say
from audiotok.transcription import Transcript
from audiotok.ui import answers
from audiotok.ui.models import Models
from audiotok.ui.session import PAGE_KEEPS_S
from audiotok.ui.templates import render_line
from audiotok.ui.texts import WRITING

Written = tuple[str, Transcript | None, str]  # the words, what was heard, a note as HTML


class Spoken:
    """What was heard in the main clip, and the components that ask for it.

    Attributes
    ----------
    heard : holds the Transcript of the clip, or None.
    by_itself : the switch; off, a recording that stops is left alone.
    """

    def __init__(self, models: Models) -> None:
        self._models = models
        self.heard = gr.State(None, time_to_live=PAGE_KEEPS_S)

    def lay_out_note(self) -> None:
        """Add the line here that says why there are no words."""
        self._note = gr.HTML(elem_id="at-heard", apply_default_css=False)

    def lay_out_switch(self) -> None:
        """Add the switch and the button here."""
        self.by_itself = gr.Checkbox(
            True,
            label=say("By itself after Stop"),
            min_width=0,
            container=False,
            elem_id="at-by-itself",
        )
        self.button = gr.Button(
            say("Transcribe"), size="sm", interactive=False, min_width=0, elem_id="at-transcribe"
        )

    def outputs(self, text: gr.Textbox) -> list[Any]:
        """Give the components that a ``Written`` goes to."""
        return [text, self.heard, self._note]

    def wire(self, audio: gr.Audio, text: gr.Textbox, queue: str) -> None:
        """Let the button work; ``queue`` is the concurrency id of what makes the models work."""
        self.button.click(
            self._on_transcribe,
            [audio, text, self.heard],
            self.outputs(text),
            show_progress_on=text,
            concurrency_id=queue,
            api_visibility="private",
        )
        audio.clear(
            lambda: (None, ""),
            None,
            [self.heard, self._note],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )

    def write_down(
        self, audio: str | None, text: str, before: Transcript | None
    ) -> Iterator[str | Written]:
        """Write a new clip down; yields what is being done, then the words.

        Where none are heard, those that somebody typed stay; those of the clip before go.
        """
        yield say(WRITING)
        typed = text if before is None or text != before.text else ""
        try:
            heard = answers.answered(self._models, lambda: answers.transcribe(self._models, audio))
        except AudioError:  # which the analysis says
            yield typed, None, ""
        except AudiotokError as error:
            yield typed, None, _line(str(error))
        else:
            yield heard.text or typed, heard, _line(heard.note)

    def _on_transcribe(self, audio: str | None, text: str, before: Transcript | None) -> Written:
        try:
            heard = answers.answered(self._models, lambda: answers.transcribe(self._models, audio))
        except AudiotokError as error:
            return text, before, _line(str(error))
        return heard.text or text, heard, _line(heard.note)


def _line(note: str) -> str:
    return render_line('<p role="status">{{ note }}</p>', note=note) if note else ""
