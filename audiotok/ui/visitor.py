"""Which language a visitor reads and where they are, by the request that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from starlette.requests import Request

from audiotok.language import preferred

LONGEST = 200  # characters of a header that are read
_ADDRESS: ContextVar[str] = ContextVar("address", default="")


def asked_language(query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Return the language that ``?lang=`` or else the browser asks for, or English."""
    accepted = headers.get("accept-language", "")[:LONGEST].split(",")
    wanted = [query.get("lang", ""), *(part.partition(";")[0] for part in accepted)]
    return preferred(wanted)


def address_of(request: Request) -> str:
    """Return the address that a request comes from; a school often has one for all."""
    return request.client.host if request.client else ""


@contextmanager
def visited_from(address: str) -> Iterator[None]:
    """Know whose work is done for as long as the block lasts."""
    token = _ADDRESS.set(address)
    try:
        yield
    finally:
        _ADDRESS.reset(token)


def visitors_address() -> str:
    """Return the address of the visitor whose work is done here and now."""
    return _ADDRESS.get()
