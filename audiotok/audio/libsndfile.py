"""Decode formats that FFmpeg does not read, such as XI, by libsndfile (soundfile)."""

from __future__ import annotations

from typing import IO

import soundfile

from audiotok.audio.bounds import check_shape
from audiotok.audio.collector import Collector

BLOCK = 16_384  # frames


def decode(file: IO[bytes], collector: Collector, start_s: float = 0.0) -> None:
    """Decode a file into ``collector``, from ``start_s`` seconds on where it can be sought.

    Raises
    ------
    AudioError
        When its rate or channels are out of bounds.
    soundfile.LibsndfileError
        When the file cannot be read.
    """
    file.seek(0)
    with soundfile.SoundFile(file) as sound:
        check_shape(sound.samplerate, sound.channels)
        collector.go_to(0.0)
        if start_s and sound.seekable():
            start = min(round(start_s * sound.samplerate), sound.frames)
            sound.seek(start)
            collector.go_to(start / sound.samplerate)
        while not collector.is_full:
            block = sound.read(BLOCK, dtype="float32", always_2d=True)
            if not len(block):
                break
            collector.add(block, sound.samplerate)
