"""Reading and checking of corpora: one reader each, one common record.

A reader takes the corpus's folder, the config's splits and its own options by keyword.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiotok.errors import DataError
from train.corpora.checks import (
    check_speakers_apart,
    with_clips,
    without_other_speakers,
)
from train.corpora.clip_list import only_listed
from train.corpora.readers import (
    audiofolder,
    crema_d,
    datasets,
    emospeech,
    folder,
    goemotions,
    librispeech,
    mmused,
    mmused_fallacy,
    mosei,
    nemo,
    ravdess,
)
from train.corpora.records import EVERYONE, Record
from train.settings.corpora import OtherSpeakers

if TYPE_CHECKING:
    from train.settings.corpora import CorpusConfig

Reader = Callable[..., Iterable[Record]]

READERS: dict[str, Reader] = {
    "ravdess": ravdess.read,
    "nemo": nemo.read,
    "crema_d": crema_d.read,
    "emospeech": emospeech.read,
    "goemotions": goemotions.read,
    "librispeech": librispeech.read,
    "mmused_fallacy": mmused_fallacy.read,
    "mmused": mmused.read,
    "mosei": mosei.read,
    "folder": folder.read,
    "audiofolder": audiofolder.read,
    "datasets": datasets.read,
}
# Their labels serve several tasks, so each may leave some out without saying so.
BROAD_LABELS = frozenset({"ravdess", "nemo", "crema_d", "emospeech", "goemotions"})
# Their casts are known: an actor whom a config forgets changes what its results mean.
CASTS = frozenset({"ravdess", "nemo", "crema_d", "emospeech"})


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
    clips: Path | None = None,
    other_speakers: OtherSpeakers | None = None,
    **choices: Any,
) -> list[Record]:
    """Read a corpus by the name of its reader, and check it.

    A split that lists ``*`` takes all records, whatever the corpus's official splits.

    Parameters
    ----------
    allow_shared_speakers : allow a speaker in two splits.
    skip_incomplete : records that lack their clip or transcript are left out, not refused.
    trust_pickle : open pickles, which can run code.
    text_alone : clips are not read, so they may be missing.
    first_channel : read the first channel of clips, not the mean of all.
    clips : list of the only clips to read; see ``train/corpora/clip_list.py``.
    other_speakers : whether speakers whom no split lists are refused, train or are left out, where
        some splits list speakers; None refuses them in corpora of a known cast (``CASTS``) and
        trains on them elsewhere.
    choices : options of single readers, such as ``task``.

    Raises
    ------
    DataError
        When the folder, a table, a clip, a label or a choice is missing or wrong.
    """
    if reader not in READERS:
        raise DataError(f"There is no reader '{reader}'; there are {', '.join(READERS)}.")
    if not root.is_dir() and "path" not in choices:  # which may be of the hub, or a file
        raise DataError(f"There is no folder '{root}' for {reader}; set 'root', or give --data.")
    found = _read(reader, root, splits, choices, skip_incomplete, trust_pickle, text_alone)
    if clips is not None:
        found = only_listed(found, clips, skip_incomplete=skip_incomplete)
    if text_alone:
        found = [replace(record, audio=()) for record in found]
    records = list(with_clips(found, skip_incomplete=skip_incomplete))
    if first_channel:
        records = [
            replace(record, audio=tuple(replace(part, first_channel=True) for part in record.audio))
            for record in records
        ]
    for split, speakers in splits.items():
        if EVERYONE in speakers:
            records = [replace(record, split=split) for record in records]
    others = other_speakers or ("refuse" if reader in CASTS else "train")
    records = without_other_speakers(records, others)
    if not allow_shared_speakers:
        check_speakers_apart(records)
    return records


def _read(
    reader: str,
    root: Path,
    splits: Mapping[str, Sequence[str]],
    choices: Mapping[str, Any],
    skip_incomplete: bool,
    trust_pickle: bool,
    text_alone: bool,
) -> list[Record]:
    """Call a reader with those options that it takes."""
    read = READERS[reader]
    known = inspect.signature(read).parameters
    if unknown := [name for name in choices if name not in known]:
        raise DataError(f"The reader '{reader}' knows no '{unknown[0]}'; leave it out.")
    said = {
        "skip_incomplete": skip_incomplete,
        "trust_pickle": trust_pickle,
        "text_alone": text_alone,
    }
    return list(read(root, splits, **choices, **{n: v for n, v in said.items() if n in known}))


def read_corpora(
    corpora: Sequence[CorpusConfig], data_dir: Path, *, text_alone: bool = False
) -> list[tuple[CorpusConfig, Record]]:
    """Return all records of a config's corpora below ``data_dir``, each with its corpus."""
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
