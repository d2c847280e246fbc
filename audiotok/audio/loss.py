"""How much of a file could not be heard, and the sentence that says so."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import IO

from audiotok.audio.joined import OGG_PAGE, matches

TOLERANCE_S = 0.1  # encoders pad the end of a clip, and declare it with the padding or without
LAST_PAGE = 4  # flag of the page that ends an Ogg stream


@dataclass(frozen=True)
class Loss:
    """What a decoder could not read.

    Attributes
    ----------
    heard_s : seconds that could be decoded.
    end_s : where the last of them ends.
    declared_s : what the file says that it lasts; None where it does not say so reliably.
    damaged_s : seconds in packets that could not be decoded.
    is_cut : whether the last packet or page is not whole.
    stopped : whether there was more than was wanted, so that nothing is known of the end.
    """

    heard_s: float
    end_s: float
    declared_s: float | None = None
    damaged_s: float = 0.0
    is_cut: bool = False
    stopped: bool = False

    @property
    def notes(self) -> list[str]:
        if self.stopped:
            return []
        missing_s = (self.declared_s or 0.0) - self.end_s
        notes = []
        damaged_s = self.damaged_s
        if self.declared_s and missing_s > TOLERANCE_S:
            notes.append(ends_early(self.heard_s / self.declared_s))
            gap_s = self.end_s - self.heard_s
        else:
            if self.is_cut and not self.declared_s:
                notes.append(
                    f"The file ends early: the {self.heard_s:.1f} s that are there were analysed."
                )
            gap_s = (self.declared_s or 0.0) - self.heard_s
        if self.declared_s and gap_s > TOLERANCE_S:
            damaged_s = max(damaged_s, gap_s)
        if damaged_s > 0:
            notes.append(
                f"The file is damaged: {max(damaged_s, 0.01):.2f} s of it could not be read and "
                "were left out."
            )
        return notes


def ends_early(share: float) -> str:
    """Say how much of a file is there."""
    return f"The file ends early: {min(share, 0.99):.0%} of it is there and was analysed."


def promised_share(file: IO[bytes]) -> float | None:
    """What of the bytes is there that a WAV's header promises; None where all are.

    Streamed files promise nothing, or the maximum.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    promised = int.from_bytes(head[4:8], "little") + 8
    streamed = promised > 0x7FFF_0000
    return None if streamed or promised <= size + 1 else size / promised


def is_cut_ogg(file: IO[bytes]) -> bool:
    """Whether the last page of an Ogg file is not whole, or not the last."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(4) != b"OggS":
        return False
    file.seek(0)
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
