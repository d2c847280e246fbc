"""The address that students open, as a link and as a QR code."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import segno

from audiotok.ui.plain.exchange import RequestError

MAX_ADDRESS = 200


def class_link(base: str, code: str) -> str:
    """Return the address that joins a class.

    Parameters
    ----------
    base : of the app, with a slash at its end.
    """
    return f"{base}experiment?class={code}"


def checked_base(given: str) -> str:
    """Return the address under which a browser sees the app.

    Raises
    ------
    RequestError
        When it is none.
    """
    try:
        parts = urlsplit(given)
        plain = given.isascii() and given.isprintable() and " " not in given
        whole = parts.scheme in ("http", "https") and parts.hostname and not parts.query
    except ValueError:
        plain = whole = False
    if not (plain and whole and len(given) <= MAX_ADDRESS and given.endswith("/")):
        raise RequestError("error_request")
    return given


def is_local(base: str) -> bool:
    """Say whether only this machine can open an address."""
    host = urlsplit(base).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def qr_svg(link: str) -> str:
    """Return a QR code as an SVG element, dark on white on any ground."""
    return segno.make(link, error="m", micro=False).svg_inline(
        border=3, dark="#1D2129", light="#FFFFFF", omitsize=True
    )


def qr_text(link: str) -> str:
    """Return a QR code for a terminal, in half blocks."""
    import io

    out = io.StringIO()
    segno.make(link, error="l", micro=False).terminal(out, border=2, compact=True)
    return out.getvalue()
