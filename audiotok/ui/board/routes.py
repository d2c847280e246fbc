"""Addresses of the class board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from audiotok.board.classes import FORGOTTEN_AFTER_S, Classes
from audiotok.board.codes import spelled
from audiotok.experiment.rounds import Round, sentences_of
from audiotok.experiment.tally import tally
from audiotok.experiment.texts import Texts
from audiotok.ui.board.links import checked_base, class_link, is_local, qr_svg
from audiotok.ui.experiment.listening import Listening
from audiotok.ui.experiment.outcome import outcome_file, outcome_html
from audiotok.ui.plain.exchange import Body, answering, body_of
from audiotok.ui.plain.pages import page
from audiotok.ui.visitor import address_of

MAX_CHOICES = 40  # sentences to choose from on the teacher's page


class Code(Body):
    """What a student typed, or what the link said."""

    code: str


class Post(Body):
    """Finished rounds of a student."""

    ticket: str
    rounds: list[Any]


class Secret(Body):
    """A teacher."""

    secret: str


class Watch(Secret):
    """What a teacher wants to see.

    Attributes
    ----------
    base : the address under which the teacher's browser sees the app.
    sentence : only its rounds; all where it is "".
    since : rounds that are shown already; unless there are more, nothing is told again.
    """

    base: str
    sentence: str = ""
    since: int = -1


class Export(Secret):
    """What a teacher takes along."""

    sentence: str = ""
    dark: bool = False


def board_routes(
    classes: Classes, listening: Listening, public: Callable[[], str | None]
) -> list[Route]:
    """Return the board's addresses.

    Parameters
    ----------
    public : gives the address under which other machines see the app, where it is known.
    """
    views = _Views(classes, listening, public)
    posts = {
        "open": views.open,
        "join": views.join,
        "rounds": views.rounds,
        "watch": views.watch,
        "end": views.end,
        "outcome.{format}": views.file,
    }
    return [
        Route("/board", answering(views.page)),
        *(Route(f"/board/{name}", answering(v), methods=["POST"]) for name, v in posts.items()),
    ]


class _Views:
    def __init__(
        self, classes: Classes, listening: Listening, public: Callable[[], str | None]
    ) -> None:
        self._classes = classes
        self._listening = listening
        self._public = public

    async def page(self, request: Request, texts: Texts) -> Response:
        hours = FORGOTTEN_AFTER_S // 3_600
        return page("board/board.html", "board.js", texts, settings={}, hours=hours)

    async def open(self, request: Request, texts: Texts) -> Response:
        await body_of(request, Body)
        moods = await self._listening.moods()
        opened = self._classes.open(moods, address_of(request))
        return JSONResponse({"secret": opened.secret})

    async def join(self, request: Request, texts: Texts) -> Response:
        asked = await body_of(request, Code)
        found = self._classes.join(asked.code, address_of(request))
        return JSONResponse({"code": spelled(found.code), "ticket": found.ticket})

    async def rounds(self, request: Request, texts: Texts) -> Response:
        post = await body_of(request, Post)
        return JSONResponse({"new": self._classes.post(post.ticket, post.rounds)})

    async def watch(self, request: Request, texts: Texts) -> Response:
        asked = await body_of(request, Watch)
        found, rounds = self._classes.watch(asked.secret)
        if len(rounds) == asked.since:
            return JSONResponse({"n_rounds": len(rounds)})
        chosen, sentences = _chosen(rounds, asked.sentence), sentences_of(rounds)
        html = await run_in_threadpool(
            lambda: outcome_html(tally(chosen, found.moods), texts, "people")
        )
        told = {"n_rounds": len(rounds), "html": html, "sentences": sentences[:MAX_CHOICES]}
        return JSONResponse(told | self._invitation(found.code, asked.base))

    async def file(self, request: Request, texts: Texts) -> Response:
        asked = await body_of(request, Export)
        found, rounds = self._classes.watch(asked.secret)
        chosen, kind = _chosen(rounds, asked.sentence), request.path_params["format"]
        return await self._listening.work(
            lambda: outcome_file(kind, chosen, found.moods, texts, "people", asked.dark)
        )

    async def end(self, request: Request, texts: Texts) -> Response:
        asked = await body_of(request, Secret)
        self._classes.end(asked.secret)
        return JSONResponse({})

    def _invitation(self, code: str, given: str) -> dict[str, Any]:
        """Say how students come in, and whether their phones can."""
        base, public = checked_base(given), self._public()
        if is_local(base) and public:
            base = public
        link = class_link(base, code)
        return {
            "code": spelled(code),
            "link": link,
            "qr": qr_svg(link),
            "is_local": is_local(base),
            "is_plain": base.startswith("http:") and not is_local(base),
        }


def _chosen(rounds: tuple[Round, ...], sentence: str) -> list[Round]:
    return [each for each in rounds if sentence in ("", each.sentence)]
