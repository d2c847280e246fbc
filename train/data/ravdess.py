"""RAVDESS: acted English speech, two lexically neutral sentences, eight emotions.

Livingstone & Russo 2018, CC BY-NC-SA 4.0. File names say it all, split at ``-``: modality,
channel, emotion, intensity, statement, repetition, actor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from audiotok.errors import DataError
from train.data.parts import Part
from train.data.records import Record, split_of

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


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> list[Record]:
    """Read ``root/Actor_*/*.{flac,wav}``; splits list actors as ``Actor_01``."""
    paths = sorted(p for p in root.glob("Actor_*/*") if p.suffix in SUFFIXES)
    if not paths:
        raise DataError(f"No RAVDESS clip lies under '{root}' (Actor_01/03-01-….wav and so on).")
    records = []
    for path in paths:
        fields = path.stem.split("-")
        if len(fields) != 7 or fields[2] not in EMOTIONS or fields[4] not in STATEMENTS:
            raise DataError(f"'{path.name}' is not a RAVDESS file name.")
        speaker = path.parent.name
        records.append(
            Record(
                id=path.stem,
                audio=(Part(path),),
                text=STATEMENTS[fields[4]],
                labels=(EMOTIONS[fields[2]],),
                speaker=speaker,
                split=split_of(speaker, splits),
                corpus="ravdess",
            )
        )
    return records
