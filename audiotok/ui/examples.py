"""The example clips that ship with the repository, and the buttons that pick one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import Dependency

from audiotok.analysis.verdict import adjective
from audiotok.assets import EXAMPLES
from audiotok.language import mark, say
from audiotok.transcription import Transcript
from audiotok.ui.templates import render_line
from audiotok.words import Word

Updates = tuple[Any, ...]


@dataclass(frozen=True)
class Example:
    """A clip: what is said in it and when, in which mood, by whom, and how it came to sound so."""

    path: Path
    text: str
    mood: str
    voice: str
    note: str
    words: tuple[Word, ...] = ()

    @property
    def transcript(self) -> Transcript:
        return Transcript(self.text, "en", self.words)


def load_examples(folder: Path = EXAMPLES) -> list[Example]:
    """Read ``examples.json``; a folder without one has no examples."""
    listing = folder / "examples.json"
    if not listing.is_file():
        return []
    return [
        Example(
            folder / entry["file"],
            entry["text"],
            entry["mood"],
            entry["voice"],
            entry["note"],
            words=tuple(Word(*word) for word in entry.get("words", ())),
        )
        for entry in json.loads(listing.read_text(encoding="utf-8"))
    ]


def names(group: Iterable[Example]) -> list[str]:
    """Name the examples of a sentence by mood, and by voice where a mood comes twice."""
    group = list(group)
    moods = Counter(example.mood for example in group)
    return [
        adjective(example.mood) + (f", {say(example.voice)}" if moods[example.mood] > 1 else "")
        for example in group
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


class ExamplePicker:
    """A row a sentence, a button a mood; a click fills in the clip and its words."""

    def __init__(self, examples: list[Example]) -> None:
        self._examples = examples
        self._buttons: list[tuple[gr.Button, Example]] = []

    def lay_out(self) -> None:
        """Add the rows here."""
        if not self._examples:
            return
        with gr.Column(elem_id="at-examples", elem_classes="at-card"):
            gr.HTML(
                render_line("<h2>{{ say(pick) }}</h2>", pick=mark("Or pick an example")),
                apply_default_css=False,
            )
            for sentence, found in groupby(self._examples, key=lambda example: example.text):
                self._lay_out_row(sentence, list(found))
            self._note = gr.HTML(elem_classes="at-example-note", apply_default_css=False)

    def _lay_out_row(self, sentence: str, group: list[Example]) -> None:
        with gr.Row(elem_classes="at-example"):
            gr.HTML(
                render_line("<q>{{ sentence }}</q>", sentence=sentence), apply_default_css=False
            )
            for name, example in zip(names(group), group, strict=True):
                button = gr.Button(name, size="sm", scale=0, min_width=0)
                self._buttons.append((button, example))

    def wire(self, audio: gr.Audio, *words: Any) -> Dependency | None:
        """Let the buttons fill in the clip and its ``words``: text, transcript and note.

        Returns
        -------
        Their event, after which all is filled in; None where there are no examples.
        """
        if not self._examples:
            return None
        return gr.on(
            [button.click for button, _ in self._buttons],
            self._on_picked,
            None,
            [audio, *words, self._note],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )

    def _on_picked(self, event: gr.EventData) -> Updates:
        example = next((each for button, each in self._buttons if button is event.target), None)
        if example is None:  # a call that no button made
            return tuple([gr.skip()] * 5)
        note = render_line(
            "<p>{{ voice }}: {{ note }}</p>",
            voice=_capital(say(example.voice)),
            note=say(example.note),
        )
        return str(example.path), example.text, example.transcript, "", note
