"""Decode an audio file of any format, or several that were concatenated."""

from __future__ import annotations

import io
import itertools
import os
from dataclasses import dataclass, replace
from typing import IO

import soundfile

from audiotok.audio import ffmpeg, libsndfile
from audiotok.audio.collector import Collector
from audiotok.audio.ffmpeg import UNREADABLE, UnreadableError
from audiotok.audio.joined import beginnings
from audiotok.audio.loss import Loss, ends_early
from audiotok.audio.promises import is_cut, lacks_index, promised_share
from audiotok.audio.recording import Excerpt, Limits
from audiotok.audio.wav import with_one_data_chunk
from audiotok.errors import AudioError
from audiotok.language import mark, say

CUT_OFF = mark(
    "The file ends before its index, so nothing of it can be read; save, copy or send it again."
)


@dataclass(frozen=True)
class Decoded:
    """The result of decoding.

    Attributes
    ----------
    collector : what was decoded.
    notes : sentences about what could not be.
    declared_s : duration in seconds by the file's header; None where it has none.
    """

    collector: Collector
    notes: tuple[str, ...] = ()
    declared_s: float | None = None


def decode(file: IO[bytes], limits: Limits, excerpt: Excerpt) -> Decoded:
    """Decode the excerpt of an open file, up to the longest duration of ``limits``.

    Of several sound tracks the first that is not silent is taken.

    Raises
    ------
    AudioError
        When it cannot be read, has no sound track, or its rate or channels are out of bounds.
    """
    begins = beginnings(file)
    if len(begins) > 1:
        return _decode_joined(file, begins, limits, excerpt)
    file = with_one_data_chunk(file)
    try:
        n_tracks = ffmpeg.count_tracks(file)
    except UnreadableError as error:
        return _decode_rare(file, limits, excerpt, error)
    first: Decoded | None = None
    for track in range(n_tracks):
        collector = Collector(limits, excerpt)
        try:
            loss = ffmpeg.decode(file, collector, limits, track, excerpt.start_s)
        except UnreadableError as error:
            if n_tracks == 1:
                return _decode_rare(file, limits, excerpt, error)
            continue
        notes = _notes(file, loss)
        if collector.n_values and not collector.is_silent:
            chosen = [_other_track(track + 1)] if track else []
            return Decoded(collector, (*notes, *chosen), loss.declared_s)
        first = first or Decoded(collector, notes, loss.declared_s)
    if first is None:
        raise AudioError(say(UNREADABLE))
    return first


def _other_track(track: int) -> str:
    return say("Sound track 1 is silent, so track {track} was heard.", track=track)


def _decode_rare(
    file: IO[bytes], limits: Limits, excerpt: Excerpt, reason: UnreadableError
) -> Decoded:
    collector = Collector(limits, excerpt)
    try:
        libsndfile.decode(file, collector, excerpt.start_s)
    except (soundfile.SoundFileError, RuntimeError) as error:
        if not collector.n_values:
            told = say(CUT_OFF) if lacks_index(file) else str(reason)
            raise AudioError(told) from error
    return Decoded(collector)


def _decode_joined(
    file: IO[bytes], begins: tuple[int, ...], limits: Limits, excerpt: Excerpt
) -> Decoded:
    """Decode concatenated files one by one; the times of the excerpt run through all of them."""
    collector = Collector(limits, excerpt)
    notes: dict[str, None] = {}
    for begin, end in itertools.pairwise([*begins, file.seek(0, os.SEEK_END)]):
        file.seek(begin)
        piece = with_one_data_chunk(io.BytesIO(file.read(end - begin)))
        try:
            notes |= dict.fromkeys(_notes(piece, ffmpeg.decode(piece, collector, limits)))
        except (UnreadableError, IndexError):  # a part without a sound track
            notes[say("A part of the file cannot be read and was left out.")] = None
        if collector.is_full:
            break
    if not collector.n_values and collector.clock_s == 0:
        raise AudioError(say(UNREADABLE))
    return Decoded(collector, tuple(notes))


def _notes(file: IO[bytes], loss: Loss) -> tuple[str, ...]:
    if loss.stopped:
        return ()
    share = promised_share(file)
    if share is not None:
        return (ends_early(share),)
    return replace(loss, is_cut=loss.is_cut or is_cut(file)).notes
