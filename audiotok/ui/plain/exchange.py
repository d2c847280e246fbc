"""JSON in and out: bodies of a bounded size and a known shape; refusals as one sentence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from audiotok.board.refusals import BoardError, FullError, TooOftenError, UnknownClassError
from audiotok.errors import AudiotokError
from audiotok.experiment.texts import Texts, texts_for
from audiotok.language import speaking
from audiotok.ui.visitor import address_of, asked_language, visited_from

logger = logging.getLogger(__name__)

MAX_BODY = 100_000  # 60 rounds with the longest sentences take half of it
ARRIVES_WITHIN_S = 60
STATUS: dict[type[BoardError], int] = {UnknownClassError: 404, TooOftenError: 429, FullError: 507}

Handler = Callable[[Request, Texts], Awaitable[Response]]
Model = TypeVar("Model", bound=BaseModel)


class Body(BaseModel):
    """What a request says; nothing more and nothing of another kind."""

    model_config = ConfigDict(extra="forbid", strict=True)


class RequestError(BoardError):
    """A request that our pages do not make."""


class BusyError(BoardError):
    """More work is waiting than there is room for; it may be asked again."""


def answering(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Make an endpoint of a handler; whatever goes wrong in it is one sentence."""

    async def endpoint(request: Request) -> Response:
        code = asked_language(request.query_params, request.headers)
        texts = texts_for(code)
        with speaking(code), visited_from(address_of(request)):
            try:
                return await handler(request, texts)
            except BoardError as refusal:
                return refused(_status_of(refusal), refusal.told(texts))
            except AudiotokError as refusal:
                return refused(422, str(refusal))
            except Exception:
                logger.exception("A request failed.")
                return refused(500, texts["error_unexpected"])

    return endpoint


def refused(status: int, sentence: str) -> Response:
    """Return a refusal, which no cache may keep."""
    return JSONResponse({"error": sentence}, status, {"Cache-Control": "no-store"})


async def body_of(request: Request, model: type[Model], most: int = MAX_BODY) -> Model:
    """Return a request's JSON body.

    Raises
    ------
    RequestError
        When it is none, too large, too slow, or not as the model says.
    """
    # A page of another site cannot send this type without asking the browser first.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RequestError("error_request")
    try:
        body = await asyncio.wait_for(_read(request, most), ARRIVES_WITHIN_S)
        return model.model_validate_json(body)
    except (ValidationError, TimeoutError) as error:
        raise RequestError("error_request") from error


async def _read(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise RequestError("error_request")
    return bytes(body)


def _status_of(refusal: BoardError) -> int:
    if isinstance(refusal, BusyError):
        return 503
    return STATUS.get(type(refusal), 400)
