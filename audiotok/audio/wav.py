"""Merge the ``data`` chunks of WAV files that have several, of which FFmpeg reads the first."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from typing import IO

MAX_CHUNKS = 10_000
STREAMED = 0x7FFF_0000  # bytes from which a size means "unknown"


def with_one_data_chunk(file: IO[bytes]) -> IO[bytes]:
    """Return a WAV file with its ``data`` chunks merged; any other file as it is."""
    file.seek(0)
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return file
    chunks = list(_chunks(file))
    data = [(offset, length) for kind, offset, length in chunks if kind == b"data"]
    formats = [(offset, length) for kind, offset, length in chunks if kind == b"fmt "]
    if len(data) < 2 or not formats:
        return file
    described = _read(file, *formats[0])
    n_bytes = sum(length for _, length in data)
    sizes = 4 + 8 + len(described) + 8 + n_bytes
    whole = io.BytesIO()
    whole.write(b"RIFF" + struct.pack("<I", sizes) + b"WAVE")
    whole.write(b"fmt " + struct.pack("<I", len(described)) + described)
    whole.write(b"data" + struct.pack("<I", n_bytes))
    for offset, length in data:
        whole.write(_read(file, offset, length))
    return whole


def _chunks(file: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, offset and length of each chunk, up to one of unknown length."""
    size = file.seek(0, os.SEEK_END)
    file.seek(4)
    end = min(size, 8 + int.from_bytes(file.read(4), "little"))
    offset = 12
    for _ in range(MAX_CHUNKS):
        file.seek(offset)
        head = file.read(8)
        length = int.from_bytes(head[4:], "little")
        if offset + 8 > end or len(head) < 8 or length >= STREAMED:
            return
        yield head[:4], offset + 8, length
        if head[:4] == b"data" and not length:
            return
        offset += 8 + length + length % 2


def _read(file: IO[bytes], offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)
