"""Readings are chosen by listeners' votes alone."""

from __future__ import annotations

from pathlib import Path

from train.corpora.readers.crema_d import EMOTIONS, RatedClip
from train.example_clips.prosody_study import chosen

TEXT = "It's eleven o'clock."


def clip(name: str, meant: str, heard_as_meant: int, heard_otherwise: int) -> RatedClip:
    votes = dict.fromkeys(EMOTIONS.values(), 0)
    votes[meant] += heard_as_meant
    votes["neutral" if meant != "neutral" else "fear"] += heard_otherwise
    return RatedClip(Path(f"{name}.wav"), "1001", TEXT, meant, votes)


def test_the_reading_that_most_heard_as_meant_is_taken() -> None:
    found = chosen(
        [
            clip("most say", "anger", 9, 1),
            clip("all say", "anger", 8, 0),
            clip("more say", "anger", 10, 0),
            clip("divided", "fear", 7, 3),
            clip("too few", "sadness", 7, 0),
            clip("four in five", "neutral", 8, 2),
        ]
    )
    assert {key: reading.path.stem for key, reading in found.items()} == {
        (TEXT, "anger"): "more say",
        (TEXT, "neutral"): "four in five",
    }
