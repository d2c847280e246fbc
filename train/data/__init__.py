"""Corpora: one reader each, one common record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from audiotok.errors import DataError
from train.data import folder, goemotions, librispeech, nemo, ravdess
from train.data.records import EVERYONE, Record, check_speakers_apart

if TYPE_CHECKING:
    from train.config import CorpusConfig

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


def read_corpora(corpora: Sequence[CorpusConfig], data_dir: Path) -> list[Record]:
    """Read the corpora of a config below ``data_dir``, one after the other."""
    return [
        record
        for corpus in corpora
        for record in read_corpus(corpus.reader, data_dir / corpus.root, corpus.splits)
    ]
