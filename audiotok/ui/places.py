"""Places in the lines that wait for the models, and how many of them one address may take.

A client may call itself by many names, but comes from one address; so does a whole school. An
address therefore gets most places of a line, more than a class has people, and not all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

PLACES = 64
PLACES_OF_ONE = 48


def has_place(address: str, waiting: Iterable[str]) -> bool:
    """Say whether somebody at an address may join those who wait, known by their addresses."""
    there = list(waiting)
    return len(there) < PLACES and there.count(address) < PLACES_OF_ONE
