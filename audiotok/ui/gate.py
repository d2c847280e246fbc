"""What may come in at all: known routes, bodies of a sensible size, sessions with plain names."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Container
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audiotok.audio import Limits
from audiotok.errors import AudiotokError
from audiotok.language import mark, say, speaking
from audiotok.ui.answers import UNEXPECTED
from audiotok.ui.experiment.routes import HEAR
from audiotok.ui.front_page import FrontPage
from audiotok.ui.playable import Playable
from audiotok.ui.room import Room
from audiotok.ui.visitor import address_of, asked_language

logger = logging.getLogger(__name__)

PREFIX = "/gradio_api/"
UPLOAD = PREFIX + "upload"
MAX_BODY = 1_048_576  # of everything that is no upload; sixty takes with long texts are the most
FILE = re.compile(re.escape(PREFIX) + r"file[=/](.+)", re.DOTALL)
FORM_BYTES = 65_536  # what a form takes beside the clip in it
NO_CALL = mark("The body of a call is one JSON object; this is none.")
SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
# What the page and the API call. Gradio has more: it streams other sites' files, writes links to
# a session's state to disk, runs FFmpeg on videos. Nobody needs that here.
OPEN = frozenset(
    ("upload", "upload_progress", "file", "queue", "call", "run", "api", "cancel", "reset")
    + ("heartbeat", "info", "openapi.json", "startup-events", "theme.css", "app_id", "token")
    + ("user", "login_check")
)


class RefusalError(AudiotokError):
    """A request that goes no further, and the HTTP status that says so."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Overheard:
    """Sends an answer on, and knows its body afterwards."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.body = b""

    async def __call__(self, message: Message) -> None:
        self.body += message.get("body", b"")
        await self._send(message)


class Gate:
    """ASGI middleware before Gradio.

    Parameters
    ----------
    room : for uploads.
    playable : what browsers get to play of uploads that they cannot play.
    events : the numbers that the page's events have.
    """

    def __init__(
        self, app: ASGIApp, room: Room, playable: Playable, events: Container[int]
    ) -> None:
        self._app = app
        self._room = room
        self._playable = playable
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        with speaking(asked_language(request.query_params, request.headers)):
            try:
                await self._let_in(request, send)
            except RefusalError as refusal:
                await _say(refusal.status, str(refusal))(scope, receive, send)

    async def _let_in(self, request: Request, send: Send) -> None:
        check_route(request.scope["path"])
        check_sessions(request)
        file = FILE.fullmatch(request.scope["path"])
        if request.scope["path"] == "/" and request.method == "GET":
            await self._pass_on(request.scope, request.receive, FrontPage(send))
        elif file and request.method in ("GET", "HEAD"):
            await self._give_file(file[1], request, send)
        elif request.method in ("GET", "HEAD", "OPTIONS") or request.scope["path"] == HEAR:
            await self._pass_on(request.scope, request.receive, send)
        elif request.scope["path"].rstrip("/") == UPLOAD:
            await self._take_upload(request, send)
        else:
            body = await _body(request)
            if request.scope["path"].startswith(PREFIX):
                check_call(body, self._events)
            await self._pass_on(request.scope, _replay(body, request.receive), send)

    async def _give_file(self, path: str, request: Request, send: Send) -> None:
        copy = await self._playable.copy_of(path)
        answer = FileResponse(copy, media_type="audio/wav") if copy else None
        await self._pass_on(request.scope, request.receive, send, answer)

    async def _take_upload(self, request: Request, send: Send) -> None:
        length = request.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            raise RefusalError(411, say("An upload says its Content-Length; this one does not."))
        if int(length) > Limits().max_bytes + FORM_BYTES:
            most = Limits().max_bytes // 1_000_000
            told = say("This upload is too large; send one clip of up to {most} MB.", most=most)
            raise RefusalError(413, told)
        address = address_of(request)
        taken = self._room.taken(int(length), address)
        try:
            taken.__enter__()
        except AudiotokError as error:
            raise RefusalError(507, str(error)) from error
        try:
            answer = Overheard(send)
            await self._pass_on(request.scope, request.receive, answer)
            self._room.note(paths_in(answer.body), address)
        finally:
            taken.__exit__(None, None, None)

    async def _pass_on(
        self, scope: Scope, receive: Receive, send: Send, answer: ASGIApp | None = None
    ) -> None:
        """Let Gradio answer, or ``answer``; what it fails at is one sentence too."""
        began = False

        async def note(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await (answer or self._app)(scope, receive, note)
        except Exception:
            logger.exception("A request failed.")
            if began:
                raise
            await _say(500, say(UNEXPECTED))(scope, receive, send)


def check_route(path: str) -> None:
    """Let in what the page and the API need, and no address of another site.

    Raises
    ------
    RefusalError
        When nobody needs that here.
    """
    if not path.startswith(PREFIX):
        return
    name, *rest = re.split(r"[/=]", path.removeprefix(PREFIX), maxsplit=1)
    if name not in OPEN:
        told = say("This page has no such address; see its list of API endpoints.")
        raise RefusalError(404, told)
    if name == "file" and rest and ADDRESS.match(rest[0]):
        told = say("Files of other sites are not fetched; upload the clip itself.")
        raise RefusalError(403, told)


def check_sessions(request: Request) -> None:
    """Check the session that an address names."""
    _check_session(request.query_params.get("session_hash"))
    if request.scope["path"].startswith(PREFIX + "heartbeat/"):
        _check_session(request.scope["path"].removeprefix(PREFIX + "heartbeat/").rstrip("/"))


def check_call(body: bytes, events: Container[int]) -> None:
    """Check whom a call's body says it comes from and which event it calls.

    Raises
    ------
    RefusalError
        When Gradio or an event could not make anything of it.
    """
    try:
        call: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusalError(400, say(NO_CALL)) from error
    if not isinstance(call, dict):
        raise RefusalError(400, say(NO_CALL))
    _check_session(call.get("session_hash"))
    number = call.get("fn_index")
    if number is not None and not (isinstance(number, int) and number in events):
        raise RefusalError(400, say("This page has no event of that number; /config lists them."))
    if call.get("batched"):
        raise RefusalError(400, say("Calls are taken one by one here, not in batches."))


def paths_in(answer: bytes) -> list[Path]:
    """Return the files that Gradio says it took; none where it refused."""
    try:
        told: Any = json.loads(answer)
    except ValueError:
        return []
    return [Path(each) for each in told] if isinstance(told, list) else []


def _check_session(name: Any) -> None:
    if name is not None and not (isinstance(name, str) and SESSION.fullmatch(name)):
        told = say("A session is named by up to 64 letters, digits, '-' and '_'.")
        raise RefusalError(400, told)


async def _body(request: Request) -> bytes:
    chunks, length = [], 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > MAX_BODY:
            told = say("A call takes at most {n:,} bytes; this one has more.", n=MAX_BODY)
            raise RefusalError(413, told)
        chunks.append(chunk)
    return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already, then whatever comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _say(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence, "error": sentence}, status)
