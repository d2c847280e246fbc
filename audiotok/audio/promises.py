"""Detect files that were cut short, by what their headers declare."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO, Any

from audiotok.audio.joined import OGG_PAGE, matches

LAST_PAGE = 4  # flag of the page that ends an Ogg stream
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
W64 = b"riff\x2e\x91\xcf\x11"
MAX_BOXES = 100_000


def promised_share(file: IO[bytes]) -> float | None:
    """Return the share of the bytes declared in the header that is there; None where all are.

    Streamed files declare nothing, or the maximum, and count as complete.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    promised = _promised(file.read(65_536))
    return size / promised if promised and promised > size + 1 else None


def _promised(head: bytes) -> int:
    """Return the size in bytes that the header declares, or 0."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        promised = int.from_bytes(head[4:8], "little") + 8
        return 0 if promised > 0x7FFF_0000 else promised
    if head[:8] == W64:
        return int.from_bytes(head[16:24], "little")
    if head[:4] == b"caff":
        return _promised_by_caf(head)
    if head[:16] == ASF and (found := head.find(ASF_PROPERTIES)) > 0:
        return int.from_bytes(head[found + 40 : found + 48], "little")
    return 0


def _promised_by_caf(head: bytes) -> int:
    offset = 8
    while offset + 12 <= len(head):
        size = int.from_bytes(head[offset + 4 : offset + 12], "big", signed=True)
        if head[offset : offset + 4] == b"data" or size < 0:
            return offset + 12 + max(size, 0)  # -1 in a stream
        offset += 12 + size
    return 0


def is_cut(file: IO[bytes]) -> bool:
    """Return whether an Ogg file or a fragmented MP4 is cut short."""
    file.seek(0)
    magic = file.read(8)
    if magic[:4] == b"OggS":
        return _is_cut_ogg(file)
    if magic[4:] == b"ftyp":
        kinds = list(_boxes(file))
        return b"moof" in kinds and kinds[-1] == b""
    return False


def is_fragmented(file: IO[bytes]) -> bool:
    """Return whether this is a fragmented MP4, whose declared duration may lack fragments."""
    file.seek(0)
    return file.read(8)[4:] == b"ftyp" and b"moof" in _boxes(file)


def lacks_index(file: IO[bytes]) -> bool:
    """Return whether an MP4 lacks its index (``moov``), which most have at their end."""
    file.seek(0)
    return file.read(8)[4:] == b"ftyp" and b"moov" not in _boxes(file)


def _boxes(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the types of an MP4's top-level boxes; the last is empty where the file is cut."""
    size = file.seek(0, os.SEEK_END)
    offset = 0
    for _ in range(MAX_BOXES):
        if offset == size:
            return
        file.seek(offset)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        elif length == 0:  # goes on to the end
            length = size - offset
        if length < 8 or not head[4:8].isalnum():
            yield b""
            return
        yield head[4:8]
        offset += length
        if offset > size:
            yield b""
            return


def _is_cut_ogg(file: IO[bytes]) -> bool:
    """Return whether the last page is incomplete, or not flagged as the last."""
    size = file.seek(0, os.SEEK_END)
    last = None
    for offset, match in matches(file, OGG_PAGE):
        last = offset, match[1][0]
    if last is None:
        return False
    offset, flags = last
    file.seek(offset + 26)
    n_segments = file.read(1)
    lengths = file.read(n_segments[0]) if n_segments else b""
    whole = bool(n_segments) and len(lengths) == n_segments[0]
    end = offset + 27 + len(lengths) + sum(lengths)
    return not whole or end > size or not flags & LAST_PAGE


# By version bit and layer: kbit/s of an MPEG audio frame.
_KBIT = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def is_cut_mpeg(codec: str, packet: Any) -> bool:
    """Return whether an MPEG audio packet is shorter than its header says; FFmpeg ignores that."""
    if not codec.startswith(("mp1", "mp2", "mp3")) or packet.size < 4:
        return False
    head = bytes(memoryview(packet)[:4])
    version, layer = (1 if head[1] & 8 else 2), 4 - (head[1] >> 1 & 3)
    place, rate = head[2] >> 4, head[2] >> 2 & 3
    if head[0] != 0xFF or layer == 4 or not 0 < place < 15 or rate == 3:
        return False
    rate_hz = (44_100, 48_000, 32_000)[rate] // (version if head[1] & 0x10 else 4)
    samples = 384 if layer == 1 else 1152 // (version if layer == 3 else 1)
    length = samples // 8 * _KBIT[version, layer][place - 1] * 1000 // rate_hz
    return packet.size < length - 4
