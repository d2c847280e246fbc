"""Lists of clip ids, which restrict what is read of a corpus.

A line is ``<corpus>/<id>``. ``python -m train clips CONFIG.yaml`` writes the list of a config's
clips; ``train/corpora/clips.txt`` is that of the shipped results.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from audiotok.errors import DataError
from train.corpora.records import Record


def list_clips(records: Iterable[Record]) -> str:
    """Return a sorted line for each record that has a clip."""
    return "\n".join(sorted({_line(record) for record in records if record.audio}))


def only_listed(
    records: Sequence[Record], path: Path, *, skip_incomplete: bool = False
) -> list[Record]:
    """Return the records of one corpus whose clips are listed, and all without a clip.

    Parameters
    ----------
    skip_incomplete : clips that are listed may be missing.

    Raises
    ------
    DataError
        When the list is missing, names no clip of the corpus, or one that does not exist.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"There is no list of clips at '{path}'; correct 'clips'.") from error
    listed = {line.strip() for line in lines} - {""}
    corpora = {record.corpus for record in records}
    of_corpus = {line for line in listed if line.partition("/")[0] in corpora}
    if corpora and not of_corpus:
        raise DataError(f"'{path}' lists no clip of {', '.join(sorted(corpora))}; leave it out.")
    missing = sorted(of_corpus - {_line(record) for record in records})
    if missing and not skip_incomplete:
        raise DataError(
            f"{len(missing)} clips that '{path}' lists are not there, '{missing[0]}' first; get "
            "them, or say 'skip_incomplete: true' in the config."
        )
    return [record for record in records if not record.audio or _line(record) in listed]


def _line(record: Record) -> str:
    return f"{record.corpus}/{record.id}"
