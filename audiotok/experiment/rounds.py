"""A finished round, and the checks of rounds that come from a client."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter, ValidationError

from audiotok.errors import ExperimentError
from audiotok.language import say

MAX_SENTENCE = 200  # characters
MAX_ROUNDS = 60  # of one experiment: ten decks


def _plain(sentence: str) -> str:
    sentence = " ".join(sentence.split())
    if not sentence:
        raise ValueError(say("a round without a sentence"))
    if len(sentence) > MAX_SENTENCE:
        raise ValueError(say("a sentence of more than {n} characters", n=MAX_SENTENCE))
    if any(unicodedata.category(character)[0] == "C" for character in sentence):
        raise ValueError(say("a sentence with characters that cannot be seen"))
    return sentence


Sentence = Annotated[str, AfterValidator(_plain)]


class Round(BaseModel):
    """What was meant, guessed and heard in one round; neither sound nor name.

    Attributes
    ----------
    id : made by the client, so that a round that is sent twice counts once.
    meant : the mood that was dealt.
    guessed : what a person heard; None where nobody guessed.
    words, voice : what the model heard by words alone, and with the voice (``forced_choice``).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID
    sentence: Sentence
    meant: str
    guessed: str | None
    words: str
    voice: str


_ROUNDS: TypeAdapter[list[Round]] = TypeAdapter(list[Round])
_SENTENCE: TypeAdapter[str] = TypeAdapter(Sentence)


def checked_rounds(
    given: Any, moods: Sequence[str], most: int = MAX_ROUNDS, least: int = 1
) -> tuple[Round, ...]:
    """Return the rounds in a client's JSON, each id once.

    Parameters
    ----------
    moods : all that may be meant, guessed or heard.

    Raises
    ------
    ExperimentError
        When anything is not as ``Round`` says; the sentence names what.
    """
    if not isinstance(given, list) or not least <= len(given) <= most:
        raise ExperimentError(
            say(
                "Rounds come as a list of {least} to {most}; send them in parts.",
                least=least,
                most=most,
            )
        )
    try:
        rounds = _ROUNDS.validate_python(given)
    except (ValidationError, RecursionError) as error:
        raise ExperimentError(say("This is not a round: {why}.", why=_reason(error))) from error
    known = set(moods)
    if any(not _moods_of(each) <= known for each in rounds):
        raise ExperimentError(
            say("A mood is one of {moods}; a round has another.", moods=", ".join(moods))
        )
    return tuple({each.id: each for each in rounds}.values())


def checked_sentence(given: Any) -> str:
    """Return a sentence with single spaces.

    Raises
    ------
    ExperimentError
        When it is empty, too long, or holds characters that cannot be seen.
    """
    try:
        return _SENTENCE.validate_python(given, strict=True)
    except ValidationError as error:
        raise ExperimentError(
            say("This is not a sentence to say: {why}.", why=_reason(error))
        ) from error


def sentences_of(rounds: Iterable[Round]) -> tuple[str, ...]:
    """Return the sentences of rounds, in the order in which they first came."""
    return tuple(dict.fromkeys(each.sentence for each in rounds))


def _moods_of(one: Round) -> set[str]:
    return {mood for mood in (one.meant, one.guessed, one.words, one.voice) if mood is not None}


def _reason(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return say("it is nested too deeply")
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    where = next((part for part in reversed(first["loc"]) if isinstance(part, str)), "it")
    # What a client names itself goes no further than what a name may look like.
    where = where if where in Round.model_fields else "it"
    return say("{where} is missing or of another kind", where=where)
