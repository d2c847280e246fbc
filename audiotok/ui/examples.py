"""The example clips that ship with the repository, and the buttons that pick one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import gradio as gr

from audiotok.analysis.verdict import adjective
from audiotok.assets import EXAMPLES
from audiotok.ui.templates import render_line


@dataclass(frozen=True)
class Example:
    """A clip: what is said in it, in which mood, by whom, and how it was made to sound so."""

    path: Path
    text: str
    mood: str
    voice: str
    note: str

    @property
    def name(self) -> str:
        return f"{adjective(self.mood)} {self.voice}"


def load_examples(folder: Path = EXAMPLES) -> list[Example]:
    """Read ``examples.json``; a folder without one has no examples."""
    listing = folder / "examples.json"
    if not listing.is_file():
        return []
    return [
        Example(folder / entry["file"], *(entry[key] for key in ("text", "mood", "voice", "note")))
        for entry in json.loads(listing.read_text(encoding="utf-8"))
    ]


def example_picker(examples: list[Example], audio: gr.Audio, text: gr.Textbox) -> None:
    """Add a line of buttons a sentence; a click fills in the clip and its words."""
    if not examples:
        return
    with gr.Column(elem_id="at-examples", elem_classes="at-card"):
        gr.HTML("<h2>Or pick an example</h2>", apply_default_css=False)
        buttons = []
        for sentence, group in groupby(examples, key=lambda example: example.text):
            with gr.Row(elem_classes="at-example"):
                gr.HTML(
                    render_line("<q>{{ sentence }}</q>", sentence=sentence),
                    apply_default_css=False,
                )
                for example in group:
                    button = gr.Button(example.name, size="sm", scale=0, min_width=0)
                    buttons.append((button, example))
        note = gr.HTML(elem_classes="at-example-note", apply_default_css=False)
    for button, example in buttons:
        button.click(
            _filler(example),
            None,
            [audio, text, note],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )


def _filler(example: Example) -> Callable[[], tuple[str, str, str]]:
    note = render_line("<p>{{ note }}</p>", note=example.note)
    return lambda: (str(example.path), example.text, note)
