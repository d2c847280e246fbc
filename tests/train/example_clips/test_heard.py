"""What a model hears in the example clips is counted by mood, flat voices left out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from audiotok.ui.examples import Example
from train.example_clips.heard import heard_table


class HearsAngerAlone:
    """Hears anger in all clips, and what is in the file's name beside another one."""

    labels = ("anger", "fear")

    def predict(self, path: Path, text: str, reference: Path | None) -> Any:
        verdict = path.stem if reference else "anger"
        return SimpleNamespace(text_audio=SimpleNamespace(verdict=verdict))


def test_clips_heard_as_meant_are_counted_by_mood() -> None:
    moods = ("neutral", "anger", "fear", "flat")
    examples = [Example(Path(f"{mood}.flac"), "Hello.", mood, "man", "") for mood in moods]
    lines = heard_table(HearsAngerAlone(), examples).splitlines()  # type: ignore[arg-type]
    assert lines[2:] == [
        "| neutral | 1 | 0 | 1 |",
        "| anger | 1 | 1 | 1 |",
        "| fear | 1 | 0 | 1 |",
        "| all | 3 | 1 | 3 |",
    ]
