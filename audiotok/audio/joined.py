"""Find where each file begins in a file that is several concatenated ones.

FFmpeg reads only the first of most of them, or fails at a second header with another rate.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO

from audiotok.errors import AudioError
from audiotok.language import say

MAX_FILES = 500
MIN_FILE = 16  # bytes before the first header that are no file
CHUNK, OVERLAP = 1 << 20, 64  # bytes
HEADERS = {
    b"fLaC": rb"fLaC[\x00\x80]\x00\x00\x22",
    b"#!AMR": rb"#!AMR(?:-WB)?\n",
    b"\x1aE\xdf\xa3": rb"\x1aE\xdf\xa3(?s:.){1,56}?(?:webm|matroska)",
}
ID3_TAG = rb"ID3[\x02-\x04]\x00[\x00-\xf0]([\x00-\x7f]{4})"
COUNTING_FRAME = rb"\xff[\xe2-\xff][\x10-\xef](?s:.){9,33}?(?:Xing|Info)"
MP3_BEGINNING = ID3_TAG + rb"|" + COUNTING_FRAME  # or both
FIRST_FRAMES = 4_096  # bytes that no file before another one is shorter than
OGG_PAGE = rb"OggS\x00([\x00-\x07])"
FIRST_PAGE = 2  # flag of a page that begins a logical stream


def beginnings(file: IO[bytes]) -> tuple[int, ...]:
    """Return the offsets in bytes at which concatenated files begin; the first is 0.

    Results of files on disk are cached, since training reads thousands of excerpts of long ones.

    Raises
    ------
    AudioError
        When there are more than 500.
    """
    try:
        status = os.fstat(file.fileno())
        return _remembered(str(file.name), status.st_size, status.st_mtime_ns)
    except (OSError, AttributeError):  # it is in memory
        return _search(file)


@lru_cache(maxsize=256)
def _remembered(path: str, _size: int, _changed_ns: int) -> tuple[int, ...]:
    with Path(path).open("rb") as file:
        return _search(file)


def _search(file: IO[bytes]) -> tuple[int, ...]:
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"OggS":
        found = list(_ogg_links(file))
    elif head[:4] == b"RIFF" and head[8:] == b"WAVE":
        found = list(_riffs(file))
    elif head[:1] == b"\xff" or (head[:3] == b"ID3" and not _is_tagged_flac(file)):
        found = list(_mp3s(file))
    else:
        head = b"fLaC" if head[:3] == b"ID3" else head
        pattern = next((p for magic, p in HEADERS.items() if head.startswith(magic)), None)
        found = [offset for offset, _ in matches(file, pattern)] if pattern else []
    if len(found) > MAX_FILES:
        raise AudioError(
            say("More than {n} files were joined into this one; cut it first.", n=MAX_FILES)
        )
    return (0, *found[1:]) if found and _is_first(file, found[0]) else (0, *found)


def _is_first(file: IO[bytes], offset: int) -> bool:
    return offset <= max(end_of_tag(file), MIN_FILE)


def _is_tagged_flac(file: IO[bytes]) -> bool:
    file.seek(end_of_tag(file))
    return file.read(4) == b"fLaC"


def matches(file: IO[bytes], pattern: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Yield the matches of a pattern in a file of any size, each with its offset in bytes."""
    compiled = re.compile(pattern)
    file.seek(0)
    offset, rest, last = 0, b"", -1
    while chunk := file.read(CHUNK):
        data = rest + chunk
        for match in compiled.finditer(data):
            if offset + match.start() > last:
                last = offset + match.start()
                yield last, match
        rest = data[-OVERLAP:]
        offset += len(data) - len(rest)


def _ogg_links(file: IO[bytes]) -> Iterator[int]:
    """Yield the offset of each stream's first page that follows a page of another kind."""
    before_is_first = True
    for offset, match in matches(file, OGG_PAGE):
        is_first = bool(match[1][0] & FIRST_PAGE)
        if is_first and not before_is_first:
            yield offset
        before_is_first = is_first


def _mp3s(file: IO[bytes]) -> Iterator[int]:
    after = -1
    for offset, match in matches(file, MP3_BEGINNING):
        if offset > after:
            yield offset
        if offset > after or match[1]:
            after = offset + FIRST_FRAMES + _tag_length(match[1] or b"")


def _riffs(file: IO[bytes]) -> Iterator[int]:
    size = file.seek(0, os.SEEK_END)
    offset = 0
    for _ in range(MAX_FILES + 1):
        file.seek(offset)
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE" or not head[4:8].strip(b"\0"):
            return
        yield offset
        offset += 8 + int.from_bytes(head[4:8], "little")
        if offset >= size:
            return


def end_of_tag(file: IO[bytes]) -> int:
    """Return the offset in bytes after an ID3 tag (it may hold a picture); 0 without one."""
    file.seek(0)
    head = file.read(10)
    return _tag_length(head[6:]) if head[:3] == b"ID3" else 0


def _tag_length(size: bytes) -> int:
    """Return the length of an ID3 tag in bytes, whose header stores its size in 7 bits a byte."""
    return 10 * bool(size) + sum(byte << 7 * place for place, byte in enumerate(reversed(size)))
