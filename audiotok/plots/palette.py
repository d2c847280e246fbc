"""Colours of labels, the same in every view, for a light and a dark background.

Chosen so that any two emotions can be told apart under protanopia, deuteranopia and tritanopia, and
that each has a contrast of at least 3 to 1 with the background.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Shade:
    """A colour for a light and for a dark background, as ``#RRGGBB``."""

    light: str
    dark: str

    def on(self, dark: bool) -> str:
        """Return the colour for a dark or a light background."""
        return self.dark if dark else self.light


LABELS = {
    "happiness": Shade("#B97200", "#E9BC1E"),
    "sadness": Shade("#2458BD", "#2F86E0"),
    "anger": Shade("#A80F12", "#F0602A"),
    "fear": Shade("#A06CF5", "#B79BFF"),
    "disgust": Shade("#45917A", "#3CC4A5"),
    "surprise": Shade("#EE5FB2", "#AC6497"),
    "negative": Shade("#B4451F", "#F0834D"),
    "positive": Shade("#1D6FB8", "#4FA3E8"),
    "neutral": Shade("#565A61", "#CDD4E0"),
}

ACCENT = Shade("#0D6E74", "#4FC3C7")
GROUND = Shade("#FFFFFF", "#16181D")
INK = Shade("#1D2129", "#E8EAEE")
MUTED = Shade("#626A76", "#9AA2AF")
LINE = Shade("#DDE1E7", "#333842")


def shades_of(labels: Iterable[str]) -> dict[str, Shade]:
    """Return the shade of every label; unknown labels, sorted, cycle through the known shades."""
    labels = list(dict.fromkeys(labels))
    spare = [shade for label, shade in LABELS.items() if label != "neutral"]
    unknown = sorted(label for label in labels if label not in LABELS)
    others = {label: spare[i % len(spare)] for i, label in enumerate(unknown)}
    return {label: LABELS.get(label) or others[label] for label in labels}


def colours_of(labels: Iterable[str], dark: bool = False) -> dict[str, str]:
    """Return the colour of every label, ``#RRGGBB``, for a light or dark background."""
    return {label: shade.on(dark) for label, shade in shades_of(labels).items()}
