"""The optional second clip: the same speaker, speaking plainly."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.events import Dependency

from audiotok.language import say
from audiotok.ui.recorder import recorder
from audiotok.ui.session import Sessions
from audiotok.ui.texts import NEUTRAL_HINT, NEUTRAL_VOICE, NEUTRAL_VOICE_IN_USE, lead

Updates = tuple[Any, ...]


class NeutralVoice:
    """A folded recorder for the reference, and the buttons that take the main clip or none.

    Attributes
    ----------
    clip : the reference; it stays when the main clip changes.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def lay_out_buttons(self) -> None:
        """Add the buttons here, under the main recorder."""
        with gr.Row(elem_classes="at-neutral"):
            self._use = gr.Button(
                say("Use this clip as my neutral voice"),
                size="sm",
                interactive=False,
                min_width=0,
                elem_id="at-use-as-neutral",
            )
            self._remove = gr.Button(
                say("Remove my neutral voice"),
                size="sm",
                visible=False,
                min_width=0,
                elem_id="at-remove-neutral",
            )

    def lay_out_recorder(self) -> None:
        """Add the recorder here, folded away."""
        with gr.Accordion(say(NEUTRAL_VOICE), open=False, elem_id="at-neutral-voice") as self._fold:
            gr.HTML(lead(NEUTRAL_HINT), apply_default_css=False)
            self.clip = recorder(say("Your neutral voice, up to a minute"), "at-reference")

    def wire(self, audio: gr.Audio) -> tuple[Dependency, Dependency]:
        """Let the buttons work on the recorders; ``audio`` is the main one.

        Returns
        -------
        The buttons' events. They change the clip, but while it is folded away it says nothing.
        """
        quick: dict[str, Any] = {
            "queue": False,
            "show_progress": "hidden",
            "api_visibility": "private",
        }
        state = [self._fold, self._remove]
        audio.change(_usable, audio, self._use, **quick)
        self.clip.change(self._on_clip, self.clip, state, **quick)
        return (
            self._use.click(self._on_used, audio, [self.clip, *state], **quick),
            self._remove.click(_on_removed, None, [self.clip, *state], **quick),
        )

    def _on_used(self, audio: str | None, request: gr.Request) -> Updates:
        return audio, *self._on_clip(audio, request)

    def _on_clip(self, clip: str | None, request: gr.Request) -> Updates:
        """A reference has arrived, or gone."""
        self._sessions.remember(request.session_hash, clip)
        return _state(clip is not None)


def _on_removed() -> Updates:
    return None, *_state(False)


def _usable(audio: str | None) -> gr.Button:
    return gr.Button(interactive=audio is not None)


def _state(in_use: bool) -> Updates:
    """The label of the fold and the button that removes."""
    label = say(NEUTRAL_VOICE_IN_USE) if in_use else say(NEUTRAL_VOICE)
    classes = ["at-in-use"] if in_use else []
    return gr.Accordion(label=label, elem_classes=classes), gr.Button(visible=in_use)
