"""The address that students open, as a link and as a QR code."""

from __future__ import annotations

import io
import ipaddress
import re
from urllib.parse import urlsplit

import segno

from audiotok.ui.plain.exchange import RequestError

MAX_ADDRESS = 200
BASE = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/(?:[A-Za-z0-9._~%@+-]+/)*")


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
    if len(given) > MAX_ADDRESS or not BASE.fullmatch(given):
        raise RequestError("error_request")
    return given


def is_local(base: str) -> bool:
    """Say whether only this machine can open an address."""
    try:
        host = urlsplit(base).hostname or ""
    except ValueError:  # brackets that hold no address
        return False
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
    out = io.StringIO()
    segno.make(link, error="l", micro=False).terminal(out, border=2, compact=True)
    return out.getvalue()
