"""Corpora: one reader each, one common record.

A reader takes the corpus's folder, the config's splits and, by name, what else can be chosen of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiotok.errors import DataError
from train.data import (
    audiofolder,
    folder,
    goemotions,
    librispeech,
    mmused,
    mmused_fallacy,
    mosei,
    nemo,
    ravdess,
)
from train.data.checks import check_speakers_apart, with_clips
from train.data.records import EVERYONE, Record

if TYPE_CHECKING:
    from train.config import CorpusConfig

Reader = Callable[..., Iterable[Record]]

READERS: dict[str, Reader] = {
    "ravdess": ravdess.read,
    "nemo": nemo.read,
    "goemotions": goemotions.read,
    "librispeech": librispeech.read,
    "mmused_fallacy": mmused_fallacy.read,
    "mmused": mmused.read,
    "mosei": mosei.read,
    "folder": folder.read,
    "audiofolder": audiofolder.read,
}
# Their labels serve several tasks, so each may leave some out without saying so.
BROAD_LABELS = frozenset({"ravdess", "nemo", "goemotions"})


def read_corpus(
    reader: str,
    root: Path,
    splits: Mapping[str, Sequence[str]],
    *,
    allow_shared_speakers: bool = False,
    skip_incomplete: bool = False,
    trust_pickle: bool = False,
    text_alone: bool = False,
    first_channel: bool = False,
    **choices: Any,
) -> list[Record]:
    """Read a corpus by the name of its reader, and check it.

    A split that lists ``*`` takes everyone, whatever the corpus itself says.

    Parameters
    ----------
    allow_shared_speakers : a speaker may stand in two splits.
    skip_incomplete : records that lack their clip or transcript are left out, not refused.
    trust_pickle : files that run code when opened are opened.
    text_alone : clips are not wanted, so they need not be there.
    first_channel : of the clips only the first channel is heard, not the mean of all.
    choices : what only some readers know, such as ``task``.

    Raises
    ------
    DataError
        When the folder, a table, a clip, a label or a choice is missing or wrong.
    """
    if reader not in READERS:
        raise DataError(f"There is no reader '{reader}'; there are {', '.join(READERS)}.")
    if not root.is_dir():
        raise DataError(f"There is no folder '{root}' for {reader}; set 'root', or give --data.")
    read = READERS[reader]
    known = inspect.signature(read).parameters
    if unknown := [name for name in choices if name not in known]:
        raise DataError(f"The reader '{reader}' knows no '{unknown[0]}'; leave it out.")
    allowed = {"skip_incomplete": skip_incomplete, "trust_pickle": trust_pickle}
    choices |= {name: value for name, value in allowed.items() if name in known}
    found = read(root, splits, **choices)
    if text_alone:
        found = (replace(record, audio=()) for record in found)
    records = list(with_clips(found, skip_incomplete=skip_incomplete))
    if first_channel:
        records = [
            replace(record, audio=tuple(replace(part, first_channel=True) for part in record.audio))
            for record in records
        ]
    for split, speakers in splits.items():
        if EVERYONE in speakers:
            records = [replace(record, split=split) for record in records]
    if not allow_shared_speakers:
        check_speakers_apart(records)
    return records


def read_corpora(
    corpora: Sequence[CorpusConfig], data_dir: Path, *, text_alone: bool = False
) -> list[tuple[CorpusConfig, Record]]:
    """Read the corpora of a config below ``data_dir``, one after the other."""
    return [
        (corpus, record)
        for corpus in corpora
        for record in read_corpus(
            corpus.reader,
            data_dir / corpus.root,
            corpus.splits,
            text_alone=text_alone,
            **corpus.choices,
        )
    ]
