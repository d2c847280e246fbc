"""Rounds for tests."""

from __future__ import annotations

from uuid import uuid4

from audiotok.experiment.rounds import Round

MOODS = ("happiness", "sadness", "anger", "fear", "disgust", "surprise")
SENTENCE = "Dinner is at seven."


def a_round(meant: str = "anger", guessed: str | None = None, **changed: str) -> Round:
    """A round whose words always read surprised, and whose voice is understood."""
    told = {"sentence": SENTENCE, "words": "surprise", "voice": meant} | changed
    return Round(id=uuid4(), meant=meant, guessed=guessed, **told)


def a_record(**changed: object) -> dict[str, object]:
    """A round as a client sends it."""
    return a_round().model_dump(mode="json") | changed
