"""What one address may fill of what all share: disk, and places in line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import HTTPException
from gradio.queueing import Queue

from audiotok.errors import AudiotokError
from audiotok.ui.blocks import Blocks
from audiotok.ui.places import PLACES, PLACES_OF_ONE, has_place
from audiotok.ui.room import Room

SIZE = 100_000


def bring(room: Room, name: str, address: str) -> Path:
    """Let a file arrive from an address."""
    path = room.root / name
    with room.taken(SIZE, address):
        path.write_bytes(b"x" * SIZE)
        room.note([path], address)
    return path


def test_one_address_fills_half_of_the_room_and_others_have_the_rest(tmp_path: Path):
    room = Room(tmp_path, 6 * SIZE)
    first = bring(room, "0", "the school")
    bring(room, "1", "the school")
    bring(room, "2", "the school")
    with pytest.raises(AudiotokError, match="came from where you are"):
        bring(room, "3", "the school")
    for number in range(3):
        bring(room, f"home {number}", f"home {number}")
    with pytest.raises(AudiotokError, match="clips of all visitors"):
        bring(room, "more", "another home")
    first.unlink()
    bring(room, "4", "the school")


def test_what_is_still_arriving_counts(tmp_path: Path):
    room = Room(tmp_path, 4 * SIZE)
    school = "the school"
    with room.taken(SIZE, school), room.taken(SIZE, school), pytest.raises(AudiotokError):
        room.taken(SIZE, school).__enter__()
    with room.taken(SIZE, "the school"):
        pass


def test_a_clip_sent_again_is_its_first_senders(tmp_path: Path):
    room = Room(tmp_path, 4 * SIZE)
    path = bring(room, "0", "somebody")
    room.note([path], "the school")
    bring(room, "1", "the school")
    bring(room, "2", "the school")


def somebody(address: str, session: str = "new") -> SimpleNamespace:
    """A request, and what Gradio keeps of it while it waits."""
    request = SimpleNamespace(client=SimpleNamespace(host=address))
    event = SimpleNamespace(_id=0)
    return SimpleNamespace(session_hash=session, request=request, fn=event, fn_index=event._id)


def test_one_client_by_many_names_leaves_places_in_the_queue(monkeypatch: pytest.MonkeyPatch):
    async def take(queue: Queue, body: object, request: object, username: str | None) -> str:
        return "taken"

    monkeypatch.setattr(Queue, "push", take)
    page = Blocks()
    page.line_up()
    waiting = [somebody("a client", f"name {number}") for number in range(PLACES_OF_ONE)]
    line = SimpleNamespace(queue=waiting)
    page._queue.event_queue_per_concurrency_id = {"model": line}  # type: ignore[dict-item]

    def asked(address: str) -> object:
        body = somebody(address)
        return asyncio.run(page._queue.push(body, body.request, None))  # type: ignore[arg-type]

    assert asked("another") == "taken"
    with pytest.raises(HTTPException, match="Very many are waiting"):
        asked("a client")
    waiting.pop()
    assert asked("a client") == "taken"


def test_a_class_finds_places_and_leaves_some():
    assert has_place("the school", ["the school"] * 40)
    full = ["the school"] * PLACES_OF_ONE
    assert not has_place("the school", full)
    assert has_place("a home", full)
    assert not has_place("a home", [str(number) for number in range(PLACES)])
