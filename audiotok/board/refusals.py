"""Why the board refuses something, by the name of its sentence in the catalogue."""

from __future__ import annotations

from audiotok.errors import AudiotokError
from audiotok.experiment.texts import ENGLISH, Texts


class BoardError(AudiotokError):
    """The board cannot do what was asked.

    Parameters
    ----------
    name : of the sentence in the catalogue.
    values : what its braces take.
    """

    def __init__(self, name: str, **values: object) -> None:
        super().__init__(ENGLISH[name].format(**values))
        self._name, self._values = name, values

    def told(self, texts: Texts) -> str:
        """Return the sentence in the language of a catalogue."""
        return texts[self._name].format(**self._values)


class UnknownClassError(BoardError):
    """There is no such class, or no longer."""


class TooOftenError(BoardError):
    """Asked too often; later it is fine."""


class FullError(BoardError):
    """There is no room for more."""
