"""A recorder that also takes uploads."""

from __future__ import annotations

import gradio as gr

from audiotok.ui.texts import STOP_IN_TIME


def recorder(label: str, elem_id: str) -> gr.Audio:
    """Add a recorder here; it stops by itself before a clip gets too long."""
    audio = gr.Audio(
        sources=["microphone", "upload"],
        type="filepath",
        label=label,
        editable=False,
        buttons=[],
        elem_id=elem_id,
        elem_classes="at-recorder",
    )
    audio.start_recording(None, js=STOP_IN_TIME % {"id": elem_id})
    return audio
