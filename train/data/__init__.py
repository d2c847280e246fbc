"""Corpora: one reader each, one common record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from audiotok.errors import DataError
from train.data import folder, goemotions, librispeech, nemo, ravdess
from train.data.records import EVERYONE, Record, check_speakers_apart

READERS = {
    "ravdess": ravdess.read,
    "nemo": nemo.read,
    "goemotions": goemotions.read,
    "librispeech": librispeech.read,
    "folder": folder.read,
}


def read_corpus(reader: str, root: Path, splits: Mapping[str, Sequence[str]]) -> list[Record]:
    """Read a corpus by the name of its reader; no speaker may stand in two splits.

    A split that lists ``*`` takes everyone, whatever the corpus itself says.
    """
    if reader not in READERS:
        raise DataError(f"There is no reader '{reader}'; there are {', '.join(READERS)}.")
    records = READERS[reader](root, splits)
    for split, speakers in splits.items():
        if EVERYONE in speakers:
            records = [replace(record, split=split) for record in records]
    check_speakers_apart(records)
    return records
