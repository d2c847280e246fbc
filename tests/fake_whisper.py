"""A Whisper that writes what a test lets it write, and a transcriber for the page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

from audiotok.audio import AudioSource, read_audio
from audiotok.errors import AudiotokError
from audiotok.transcription import NOT_ENGLISH, Transcript
from audiotok.words import Word

SAID = "Dinner is at seven."
NO_WHISPER = "There is no Whisper model here; install one."


@dataclass(frozen=True)
class WrittenWord:
    word: str
    start: float
    end: float
    probability: float


def written(
    text: str, start_s: float = 0.2, probability: float = 0.95, word_s: float = 0.2
) -> list[WrittenWord]:
    """Words one after the other, as faster-whisper gives them: each with its space before it."""
    starts = [start_s + i * word_s for i in range(len(text.split()))]
    return [
        WrittenWord(f" {word}", start, start + word_s, probability)
        for word, start in zip(text.split(), starts, strict=True)
    ]


class FakeWhisper:
    """Stands for ``faster_whisper.WhisperModel``."""

    def __init__(self) -> None:
        self.model = SimpleNamespace(is_multilingual=False)
        self.language = "en"
        self.n_asked = 0
        self._segments: list[SimpleNamespace] = []

    def writes(self, *segments: list[WrittenWord]) -> None:
        self._segments = [SimpleNamespace(words=words) for words in segments]

    def transcribe(self, samples: Any, **options: Any) -> tuple[Any, SimpleNamespace]:
        self.n_asked += 1
        return iter(self._segments), SimpleNamespace(language=self.language)


class FakeTranscriber:
    """Hears the same sentence in every clip, its words spread evenly; or none, and says why."""

    def __init__(self, text: str = SAID, note: str = "", missing: bool = False) -> None:
        self._text, self._note, self._missing = text, note, missing

    def transcribe(self, clip: AudioSource) -> Transcript:
        if self._missing:
            raise AudiotokError(NO_WHISPER)
        if self._note:
            return Transcript(note=self._note)
        texts = self._text.split()
        each_s = read_audio(clip).duration_s / len(texts)
        words = [
            Word(t, round(i * each_s, 3), round((i + 1) * each_s, 3)) for i, t in enumerate(texts)
        ]
        return Transcript(self._text, "en", tuple(words))


TRANSCRIBERS = {
    "words": FakeTranscriber,
    "another language": partial(FakeTranscriber, note=NOT_ENGLISH),
    "nothing, without a model": partial(FakeTranscriber, missing=True),
}
