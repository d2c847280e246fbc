"""What visitors play: their file itself, or a WAV of it where a browser may not play the file.

Browsers differ in what they play, and none plays AMR, AIFF or a film's sound by every name. WAV,
MP3 and FLAC are played by all of them; of any other file they get 16-bit WAV, made when it is
asked for. The clip that is analysed stays the one that was uploaded.
"""

from __future__ import annotations

import asyncio
import struct
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import soundfile

from audiotok.audio import SAMPLE_RATE, read_audio
from audiotok.errors import AudiotokError
from audiotok.ui.answers import as_sentence
from audiotok.ui.room import Room
from audiotok.ui.session import Sessions
from audiotok.ui.worker import Worker

PCM = 1  # WAV's number for it
HEADER = 44  # bytes before the samples of a WAV that holds nothing else


class Playable:
    """Copies of uploads that browsers may not play; none is longer than what is analysed.

    Parameters
    ----------
    sessions : whose uploads they are; a copy goes with its upload.
    room : on disk, for the copies too.
    worker : the thread that decodes.
    """

    def __init__(self, sessions: Sessions, room: Room, worker: Worker) -> None:
        self._sessions = sessions
        self._room = room
        self._worker = worker
        self._decoding: dict[Path, Future[None]] = {}

    async def copy_of(self, path: str) -> Path | None:
        """Give a WAV to play instead of a file; None where the file itself is to be tried.

        Parameters
        ----------
        path : what a client asks for; only an upload that lies where it says has a copy.
        """
        upload = self._sessions.upload(path)
        if not upload:
            return None
        try:
            if plays_everywhere(upload):
                return None
            copy = self._sessions.folder_beside(upload) / "playable.wav"
            if upload in self._decoding or not copy.exists():
                await asyncio.shield(asyncio.wrap_future(self._begin(upload, copy)))
            return copy if copy.stat().st_size else None
        except (AudiotokError, OSError):  # gone meanwhile
            return None

    def _begin(self, upload: Path, copy: Path) -> Future[None]:
        """Decode an upload, once for all who ask meanwhile."""
        if decoding := self._decoding.get(upload):
            return decoding
        decoding = self._worker.submit(lambda: self._decode(upload, copy))
        self._decoding[upload] = decoding
        decoding.add_done_callback(lambda _: self._decoding.pop(upload, None))  # now, if it is done
        return decoding

    def _decode(self, upload: Path, copy: Path) -> None:
        """Write the copy; an empty one where there is nothing to play, so that none tries again."""
        with suppress(OSError):  # the upload went, and so did the folder
            copy.touch()
            with suppress(AudiotokError), as_sentence():
                samples = read_audio(upload).samples
                sender = self._room.sender(upload)
                with self._room.taken(HEADER + 2 * len(samples), sender):
                    soundfile.write(copy, samples, SAMPLE_RATE, "PCM_16")
                    self._room.note([copy], sender)


def plays_everywhere(upload: Path) -> bool:
    """Say whether every browser plays a file, by its first bytes and a name that fits them."""
    with upload.open("rb") as file:
        head = file.read(HEADER)
    match upload.suffix.lower():
        case ".wav":
            return _is_plain_wav(head, upload.stat().st_size)
        case ".mp3":
            return head.startswith(b"ID3") or _is_mpeg_frame(head)
        case ".flac":
            return head.startswith(b"fLaC")
    return False


def _is_plain_wav(head: bytes, n_bytes: int) -> bool:
    """PCM alone, and as much of it as the header says."""
    if len(head) < HEADER:
        return False
    riff, wave, coding, bits, data, size = struct.unpack("<4s4x8s4xH12xH4sI", head)
    return (
        (riff, wave, coding, data) == (b"RIFF", b"WAVEfmt ", PCM, b"data")
        and bits in (8, 16, 24)
        and 0 < size <= n_bytes - HEADER
    )


def _is_mpeg_frame(head: bytes) -> bool:
    """A frame's sync word, of layer 1 to 3; AAC says layer 0."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0
