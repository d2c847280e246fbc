"""A copy to play is made of uploads alone, once, and within the room that there is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import soundfile

from audiotok.ui.playable import Playable
from audiotok.ui.room import LEAST_BYTES, Room
from audiotok.ui.session import Sessions
from audiotok.ui.worker import Worker
from tests.audio.sounds import voice, with_soundfile

AIFF = with_soundfile(voice(1.0), "AIFF", "PCM_16")


def playable(root: Path, max_bytes: int = 10_000_000) -> tuple[Playable, Sessions]:
    sessions = Sessions(root)
    return Playable(sessions, Room(root, max_bytes), Worker()), sessions


def upload(root: Path, name: str, content: bytes) -> Path:
    path = root / "uploads" / "abc" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_what_browsers_may_not_play_is_copied_once(tmp_path):
    path = upload(tmp_path, "clip.aiff", AIFF)
    player, sessions = playable(tmp_path / "uploads")

    async def asked_twice() -> list[Path | None]:
        return await asyncio.gather(player.copy_of(str(path)), player.copy_of(str(path)))

    first, second = asyncio.run(asked_twice())
    assert first is not None
    assert first == second
    assert soundfile.info(first).duration == pytest.approx(1.0, abs=0.01)
    sessions.remember("ana", str(path))
    sessions.forget("ana")
    assert not first.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("clip.wav", with_soundfile(voice(1.0), "WAV", "PCM_16")),
        ("clip.flac", with_soundfile(voice(1.0), "FLAC", "PCM_16")),
        ("clip.mp3", with_soundfile(voice(1.0), "MP3", "MPEG_LAYER_III")),
        ("no-sound.amr", b"x" * 1_000),
    ],
)
def test_what_plays_anyway_or_never_is_left_alone(tmp_path, name, content):
    path = upload(tmp_path, name, content)
    player, _ = playable(tmp_path / "uploads")
    assert asyncio.run(player.copy_of(str(path))) is None


@pytest.mark.parametrize("outside", ["../secret.aiff", "/etc/passwd", "", "x\0y", "a" * 5_000])
def test_files_that_are_no_uploads_have_no_copy(tmp_path, outside):
    upload(tmp_path, "clip.aiff", AIFF)
    (tmp_path / "secret.aiff").write_bytes(AIFF)
    player, sessions = playable(tmp_path / "uploads")
    assert asyncio.run(player.copy_of(str(sessions.root / outside) if outside else "")) is None
    assert not list(tmp_path.rglob("playable.wav"))


def test_no_copy_is_made_where_there_is_no_room(tmp_path):
    path = upload(tmp_path, "clip.aiff", AIFF)
    player, _ = playable(tmp_path / "uploads", max_bytes=LEAST_BYTES)
    assert asyncio.run(player.copy_of(str(path))) is None
