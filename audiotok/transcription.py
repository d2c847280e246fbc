"""Write down what is said in a clip, each word with its times, by a Whisper model.

Whisper (Radford et al., 2023, arXiv:2212.04356) runs here through faster-whisper; a word's times
come from its cross-attention. It also writes words where there are none. So nothing is kept that it
wrote where the voice activity detector of ``audiotok.speech`` hears nobody, and a text is kept only
where Whisper is sure of its words and they are no more than can be said in that time: a model that
knows English alone cannot say otherwise that it hears another language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiotok.audio import AudioSource, Recording, read_audio
from audiotok.errors import AudiotokError
from audiotok.language import mark, say
from audiotok.whisper_files import INSTALL, whisper_folder
from audiotok.words import Word

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

# Words of English sentences of RAVDESS, CREMA-D and LibriSpeech have a probability of .7 to .99 on
# average, those that are made up for the Polish ones of nEMO .25 to .68, or they run in circles.
SURE = 0.7
MOST_WORDS_PER_S = 6.0
MOST_TOKENS_PER_S = 8.0  # so that running in circles takes no ten seconds
CHUNK_S = 0.032  # which the voice activity detector judges together
LOOSELY_S = 0.3  # by which a word's times may be off
SPOKEN = 0.5  # probability of speech from which a word is being said
HEARD = 0.05  # probability of speech below which a word is made up

NOBODY = mark("Nobody was heard to speak, so there are no words; type what is said, if anything.")
UNSURE = mark("The words could not be made out; type them, or speak closer to the microphone.")
NOT_ENGLISH = mark(
    "The model at hand hears English alone and does not make this out; type the words, or name a "
    "multilingual Whisper model in AUDIOTOK_WHISPER."
)


@dataclass(frozen=True)
class Transcript:
    """What is said in a clip.

    Attributes
    ----------
    text : as Whisper writes it, with punctuation; empty where no words were heard.
    language : ISO 639 code of the language; None where no words were heard.
    words : in order, with their punctuation.
    note : a sentence that says why there are no words; empty where there are.
    """

    text: str = ""
    language: str | None = None
    words: tuple[Word, ...] = ()
    note: str = ""


class Transcriber:
    """Writes clips down; the model is found and loaded with the first one."""

    def __init__(self) -> None:
        self._model: WhisperModel | None = None

    def transcribe(self, clip: AudioSource) -> Transcript:
        """Write down what is said in a clip.

        Parameters
        ----------
        clip : as for ``Classifier.predict``.

        Raises
        ------
        AudioError
            When the clip cannot be used.
        AudiotokError
            When there is no Whisper model, or no faster-whisper.
        """
        from audiotok.speech import holds_speech

        recording = read_audio(clip)
        if not holds_speech(recording.samples):
            return Transcript(note=say(NOBODY))
        if self._model is None:
            self._model = _load()
        return _transcript(self._model, recording)


def _load() -> WhisperModel:
    folder = whisper_folder()
    try:
        import torch
        from faster_whisper import WhisperModel

        n_threads = torch.get_num_threads()
        return WhisperModel(str(folder), "cpu", compute_type="int8", cpu_threads=n_threads)
    except ImportError as error:
        raise AudiotokError(
            say(
                "Writing words down needs faster-whisper ({error}); {install}.",
                error=error,
                install=say(INSTALL),
            )
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise AudiotokError(
            say(
                "The Whisper model in '{folder}' cannot be loaded: {error}",
                folder=folder,
                error=error,
            )
        ) from error


def _transcript(model: WhisperModel, recording: Recording) -> Transcript:
    """Write a clip down without sampling, which invents where Whisper is unsure."""
    from audiotok.speech import levelled, speech_probabilities

    most_tokens = 16 + int(MOST_TOKENS_PER_S * recording.duration_s)
    found, info = model.transcribe(
        recording.samples,
        temperature=0.0,
        word_timestamps=True,
        condition_on_previous_text=False,
        max_new_tokens=min(most_tokens, 400),
    )
    written = [word for segment in found for word in segment.words or ()]
    probabilities = speech_probabilities(levelled(recording.samples))
    heard = [word for word in written if _is_heard(word, probabilities)]
    if not heard:
        return Transcript(note=say(NOBODY))
    rate = len(heard) / recording.duration_s
    if np.mean([word.probability for word in heard]) < SURE or rate > MOST_WORDS_PER_S:
        told = UNSURE if model.model.is_multilingual else NOT_ENGLISH
        return Transcript(note=say(told))
    words = tuple(_trimmed(word, probabilities) for word in heard if word.word.strip())
    return Transcript("".join(word.word for word in heard).strip(), info.language, words)


def _trimmed(word: Any, probabilities: NDArray[np.float32]) -> Word:
    """Return a word without the silence before and after it, which Whisper gives to words."""
    start_s, end_s = float(word.start), float(word.end)
    first, last = int(start_s / CHUNK_S), int(end_s / CHUNK_S) + 1
    spoken = first + np.flatnonzero(probabilities[first:last] >= SPOKEN)
    if len(spoken):
        start_s = max(start_s, spoken[0] * CHUNK_S)
        end_s = min(end_s, (spoken[-1] + 1) * CHUNK_S)
    return Word(word.word.strip(), round(start_s, 3), round(end_s, 3))


def _is_heard(word: Any, probabilities: NDArray[np.float32]) -> bool:
    """Return whether the voice activity detector hears somebody about when a word is said."""
    first = max(0, int((word.start - LOOSELY_S) / CHUNK_S))
    last = int((word.end + LOOSELY_S) / CHUNK_S) + 1
    return float(probabilities[first:last].max(initial=0.0)) >= HEARD
