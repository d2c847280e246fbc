"""A recorder that also takes uploads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from audiotok.audio import SUFFIXES

RECORDS_S = 59  # a second short of what is accepted, for recorders that take a moment to stop
CHOOSABLE = ["audio/*", "video/*", *sorted(SUFFIXES)]
# Run once on the page, before anyone records or uploads.
PREPARE_RECORDERS = (
    Path(__file__)
    .with_name("recorder.js")
    .read_text(encoding="utf-8")
    .replace("RECORDS_MS", str(1_000 * RECORDS_S))
    .replace("CHOOSABLE", json.dumps(", ".join(CHOOSABLE)))
)


def recorder(label: str, elem_id: str) -> gr.Audio:
    """Add a recorder here; it stops by itself before a clip gets too long.

    It takes any file: reading it tells whether it is sound.
    """
    audio = gr.Audio(
        sources=["microphone", "upload"],
        type="filepath",
        label=label,
        editable=False,
        buttons=[],
        elem_id=elem_id,
        elem_classes="at-recorder",
    )
    audio.postprocess = _as_it_is  # type: ignore[method-assign]
    return audio


def _as_it_is(value: Any) -> FileData | None:
    """Show a clip by its path; Gradio would hand it to any FFmpeg that is installed, unbounded."""
    return None if value is None else FileData(path=str(value), orig_name=Path(value).name)
