"""What the page and its API ask of the models; every refusal is one sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from audiotok.analysis.attention import AttentionRows, attention_rows
from audiotok.errors import AudioError, AudiotokError
from audiotok.language import mark, say
from audiotok.prediction import Prediction
from audiotok.transcription import Transcript
from audiotok.ui.models import Models
from audiotok.words import words_of

logger = logging.getLogger(__name__)

MAX_CHARACTERS = 2_000
Result = TypeVar("Result")
UNEXPECTED = mark("Something went wrong on our side; please try again, or try another clip.")


def analyse(
    models: Models,
    audio: str | None,
    text: str | None,
    task: str,
    reference: str | None = None,
    heard: Transcript | None = None,
) -> Prediction:
    """Judge a clip and its words, relative to a neutral clip of the speaker where there is one.

    Parameters
    ----------
    heard : what was heard in the clip, from which its words have their times.

    Raises
    ------
    AudiotokError
        When a clip, the text or the task cannot be used.
    """
    audio = _clip(audio)
    if reference and not Path(reference).is_file():
        raise AudioError(
            say("The reference clip: it has been deleted meanwhile; record it again or remove it.")
        )
    text = text or ""
    if len(text) > MAX_CHARACTERS:
        raise AudiotokError(
            say(
                "The text has {n:,} characters; at most {most:,} are read, so shorten it first.",
                n=len(text),
                most=MAX_CHARACTERS,
            )
        )
    prediction = models.classifier(task).predict(audio, text, reference or None)
    return replace(prediction, words=words_of(text, heard.words)) if heard else prediction


def transcribe(models: Models, audio: str | None) -> Transcript:
    """Write down what is said in a clip.

    Raises
    ------
    AudiotokError
        When the clip cannot be used, or there is no model to write with.
    """
    return models.transcriber.transcribe(_clip(audio))


def _clip(audio: str | None) -> str:
    if not audio:
        raise AudioError(say("There is no recording yet: record, upload or pick a clip first."))
    if not Path(audio).is_file():
        raise AudioError(say("That recording has been deleted meanwhile; record or pick it again."))
    return audio


def attend(models: Models, prediction: Prediction) -> AttentionRows:
    """Look at the attention behind a prediction that was made without it."""
    return attention_rows(with_attention(models, prediction))


def with_attention(models: Models, prediction: Prediction) -> Prediction:
    """Return a prediction with the attention that it was made without."""
    attentions = models.classifier(prediction.task).attentions(prediction.sequence)
    return replace(prediction, attentions=attentions)


def answered(models: Models, answer: Callable[[], Result]) -> Result:
    """Work an answer out on the models' one thread; what goes wrong is an AudiotokError."""
    with as_sentence():
        return models.worker.do(answer)


@contextmanager
def as_sentence() -> Iterator[None]:
    """Turn whatever goes wrong inside into an AudiotokError; the unexpected is logged."""
    try:
        yield
    except AudiotokError:
        raise
    except Exception as error:
        logger.exception("An answer failed.")
        raise AudiotokError(say(UNEXPECTED)) from error
