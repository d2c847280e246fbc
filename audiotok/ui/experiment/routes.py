"""Addresses of the experiment: its page, a deck, what is heard, and what came out."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Any, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from audiotok.errors import AudioError, ExperimentError
from audiotok.experiment.deck import deal
from audiotok.experiment.hearing import hearing_record
from audiotok.experiment.rounds import MAX_ROUNDS, MAX_SENTENCE, checked_rounds, checked_sentence
from audiotok.experiment.tally import tally
from audiotok.experiment.texts import Texts
from audiotok.language import say
from audiotok.spanish import looks_spanish
from audiotok.ui.experiment.listening import Listening
from audiotok.ui.experiment.outcome import outcome_file, outcome_html
from audiotok.ui.plain.exchange import Body, RequestError, answering, body_of
from audiotok.ui.plain.pages import page, shades

HEAR = "/experiment/hear"  # whose body the gate leaves to us: it may be larger than others
MAX_CLIP = 600_000  # bytes; twelve seconds as browsers compress them take half of it
MAX_HEAR_BODY = 2 * (MAX_CLIP * 4 // 3) + 10_000  # two clips in base64
RECORDS_S = 12
ROUNDS = 6


class Begin(Body):
    """A sentence that somebody wants to say."""

    text: str
    n_rounds: int = Field(ge=1, le=MAX_ROUNDS)


class Said(Body):
    """A clip of a sentence and, where there is one, of the speaker's neutral voice; base64."""

    text: str
    clip: str
    reference: str | None = None


class Finished(Body):
    """The rounds of an experiment."""

    rounds: list[Any]
    dark: bool = False
    people: Literal["you", "people"] = "you"


def experiment_routes(listening: Listening) -> list[Route]:
    """Return the experiment's addresses."""
    views = _Views(listening)
    return [
        Route("/experiment", answering(views.page)),
        Route("/experiment/sentences", answering(views.sentences)),
        Route("/experiment/begin", answering(views.begin), methods=["POST"]),
        Route(HEAR, answering(views.hear), methods=["POST"]),
        Route("/experiment/outcome", answering(views.outcome), methods=["POST"]),
        Route("/experiment/outcome.{format}", answering(views.file), methods=["POST"]),
    ]


class _Views:
    def __init__(self, listening: Listening) -> None:
        self._listening = listening

    async def page(self, request: Request, texts: Texts) -> Response:
        return page(
            "experiment/experiment.html",
            "experiment.js",
            texts,
            settings={"records_s": RECORDS_S, "n_rounds": ROUNDS, "max_sentence": MAX_SENTENCE},
        )

    async def sentences(self, request: Request, texts: Texts) -> Response:
        moods = await self._listening.moods()
        offered = await self._listening.sentences(texts)
        return JSONResponse({"sentences": offered, "moods": moods, "shades": shades(moods)})

    async def begin(self, request: Request, texts: Texts) -> Response:
        asked = await body_of(request, Begin)
        text = _sentence(asked.text)
        moods = await self._listening.moods()
        words = await self._listening.read(text)
        deck = deal(moods, asked.n_rounds, secrets.randbits(32))
        return JSONResponse(
            {
                "text": text,
                "deck": deck,
                "words": hearing_record(words),
                "is_little_read": looks_spanish(text),
            }
        )

    async def hear(self, request: Request, texts: Texts) -> Response:
        self._listening.check_room()
        said = await body_of(request, Said, MAX_HEAR_BODY)
        reference = _clip(said.reference) if said.reference else None
        heard = await self._listening.hear(_clip(said.clip), _sentence(said.text), reference)
        return JSONResponse({name: hearing_record(each) for name, each in heard.items()})

    async def outcome(self, request: Request, texts: Texts) -> Response:
        asked = await body_of(request, Finished)
        moods = await self._listening.moods()
        rounds = checked_rounds(asked.rounds, moods)
        html = await run_in_threadpool(outcome_html, tally(rounds, moods), texts, asked.people)
        return JSONResponse({"html": html})

    async def file(self, request: Request, texts: Texts) -> Response:
        asked = await body_of(request, Finished)
        moods = await self._listening.moods()
        rounds = checked_rounds(asked.rounds, moods)
        kind = request.path_params["format"]
        return await self._listening.work(
            lambda: outcome_file(kind, rounds, moods, texts, asked.people, asked.dark)
        )


def _sentence(given: str) -> str:
    try:
        return checked_sentence(given)
    except ExperimentError as error:
        raise RequestError("error_sentence", most=MAX_SENTENCE) from error


def _clip(given: str) -> bytes:
    try:
        clip = base64.b64decode(given, validate=True)
    except (ValueError, binascii.Error) as error:
        raise AudioError(say("The recording did not arrive whole; say it again.")) from error
    if len(clip) > MAX_CLIP:
        raise RequestError("error_clip_large")
    return clip
