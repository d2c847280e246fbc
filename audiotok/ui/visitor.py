"""Which language a visitor reads, by the request that they make."""

from __future__ import annotations

from collections.abc import Mapping

from audiotok.language import preferred

LONGEST = 200  # characters of a header that are read


def asked_language(query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Return the language that ``?lang=`` or else the browser asks for, or English."""
    accepted = headers.get("accept-language", "")[:LONGEST].split(",")
    wanted = [query.get("lang", ""), *(part.partition(";")[0] for part in accepted)]
    return preferred(wanted)
