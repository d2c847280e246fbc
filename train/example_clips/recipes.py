"""Which example clips there are: who says what, and with which prosody.

``prosody.json`` has the measured ones, which ``python -m train.example_clips.prosody_study``
chooses and writes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from train.example_clips.prosody import Prosody

MEASURED = Path(__file__).with_name("prosody.json")
SPEAKERS = {"woman": "slt", "man": "rms", "Scottish man": "awb"}  # names of flite's voices

# Sentences of CREMA-D, and who says them here.
CAST = {
    "It's eleven o'clock.": "man",
    "I think I have a doctor's appointment.": "woman",
    "Don't forget a jacket.": "Scottish man",
    "I would like a new alarm clock.": "woman",
}
SHORT = {
    "It's eleven o'clock.": "eleven",
    "I think I have a doctor's appointment.": "appointment",
    "Don't forget a jacket.": "jacket",
    "I would like a new alarm clock.": "alarm",
    "I am so happy for you!": "happy-for-you",
    "I can't believe they lied to me again.": "lied",
}
FLAT = "flat"


@dataclass(frozen=True)
class Recipe:
    """One clip.

    Attributes
    ----------
    mood : how it is meant to sound.
    voice : one of ``SPEAKERS``.
    note : what it was made from, or what a visitor may listen for.
    prosody : None for a voice without melody.
    """

    text: str
    mood: str
    voice: str
    note: str
    prosody: Prosody | None = None

    @property
    def file(self) -> str:
        """Name of the clip's file."""
        return f"{SHORT[self.text]}_{self.voice.replace(' ', '-').lower()}_{self.mood}.flac"

    @property
    def entry(self) -> dict[str, Any]:
        """What ``examples.json`` says of it, beside the times of its words."""
        told = ("text", "mood", "voice", "note")
        return {"file": self.file} | {name: getattr(self, name) for name in told}


FLAT_RECIPES = (
    Recipe(
        "I am so happy for you!",
        FLAT,
        "man",
        "Joyful words from a voice that shares none of the joy.",
    ),
    Recipe(
        "I can't believe they lied to me again.",
        FLAT,
        "woman",
        "Angry words in a voice without any anger.",
    ),
)


@cache
def recipes() -> tuple[Recipe, ...]:
    """Return all recipes, those of a sentence together."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    return (
        *(
            Recipe(
                text=entry["text"],
                mood=entry["mood"],
                voice=CAST[entry["text"]],
                note=f"It follows an acted reading that {entry['votes']} of {entry['listeners']} "
                "listeners heard as meant.",
                prosody=Prosody(**entry["prosody"]),
            )
            for entry in measured
        ),
        *FLAT_RECIPES,
    )
