"""RAVDESS: acted English speech, two lexically neutral sentences, eight emotions.

Livingstone & Russo 2018, CC BY-NC-SA 4.0. File names say it all, split at ``-``: modality (03 is
sound alone), channel (01 is speech, 02 song), emotion, intensity, statement, repetition, actor.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from audiotok.errors import DataError
from train.corpora.audio_parts import Part
from train.corpora.records import Record, split_of

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
SUFFIXES = {".flac", ".wav"}
NAME = re.compile(r"\d\d(-\d\d){6}")
OTHERS = {"song": "songs", "video": "sound of videos", "copy": "copies"}

logger = logging.getLogger(__name__)


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> list[Record]:
    """Read the speech of ``root/Actor_*/*.{flac,wav}``; splits list actors as ``Actor_01``.

    Songs, the sound of videos and copies are left out, with a warning that names them.
    """
    paths = sorted(
        p
        for p in root.glob("Actor_*/*")
        if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")
    )
    if not paths:
        raise DataError(f"No RAVDESS clip lies under '{root}' (Actor_01/03-01-….wav and so on).")
    records, left_out = [], defaultdict[str, list[str]](list)
    for path in paths:
        if what := _what_else(path):
            left_out[what].append(path.relative_to(root).as_posix())
        else:
            records.append(_record(path, splits))
    for what, names in left_out.items():
        logger.warning("left out: %d %s: %s", len(names), OTHERS[what], ", ".join(names))
    if not records:
        raise DataError(f"None of the clips under '{root}' is speech of RAVDESS (03-01-….wav).")
    return records


def _what_else(path: Path) -> str:
    """Return what kind a file is (song, video, copy); empty for a speech clip of the set."""
    if not (named := NAME.search(path.stem)):
        raise DataError(f"'{path.name}' is not a RAVDESS file name.")
    modality, channel, *_ = named[0].split("-")
    if modality != "03":
        return "video"
    if channel != "01":
        return "song"
    return "" if named[0] == path.stem else "copy"


def _record(path: Path, splits: Mapping[str, Sequence[str]]) -> Record:
    _, _, emotion, _, statement, _, _ = path.stem.split("-")
    if emotion not in EMOTIONS or statement not in STATEMENTS:
        raise DataError(f"'{path.name}' is not a RAVDESS file name.")
    speaker = path.parent.name
    return Record(
        id=path.stem,
        audio=(Part(path),),
        text=STATEMENTS[statement],
        labels=(EMOTIONS[emotion],),
        speaker=speaker,
        split=split_of(speaker, splits),
        corpus="ravdess",
    )
