"""The one record that every corpus reader gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from audiotok.errors import DataError
from train.data.parts import Part

SPLITS = ("train", "validation", "test")
EVERYONE = "*"


@dataclass(frozen=True)
class Record:
    """One example of a corpus.

    Attributes
    ----------
    id : unique within its corpus.
    audio : what makes up the clip, one after the other; empty for text alone.
    text : the words; empty where a corpus gives none.
    labels : names as the corpus means them, in this project's spelling (``neutral`` and ``calm``
        included); which of them a task uses is the task's affair.
    speaker : name of the speaker; empty where a corpus names none.
    split : ``train``, ``validation`` or ``test``.
    source : the debate or video that it was cut from; empty where a corpus has no such thing.
    """

    id: str
    audio: tuple[Part, ...]
    text: str
    labels: tuple[str, ...]
    speaker: str
    split: str
    corpus: str
    source: str = ""


def split_of(speaker: str, splits: Mapping[str, Sequence[str]]) -> str:
    """Name the split that lists this speaker; one that is listed nowhere trains."""
    for split, speakers in splits.items():
        if split not in SPLITS:
            raise DataError(f"A split is called '{split}'; use one of {', '.join(SPLITS)}.")
        if speaker in speakers:
            return split
    return "train"


def check_speakers_apart(records: Iterable[Record]) -> None:
    """Raise where one speaker of a corpus stands in two splits."""
    seen: dict[tuple[str, str], str] = {}
    for record in records:
        if not record.speaker:
            continue
        split = seen.setdefault((record.corpus, record.speaker), record.split)
        if split != record.split:
            raise DataError(
                f"Speaker '{record.speaker}' of {record.corpus} stands in both '{split}' and "
                f"'{record.split}'; splits must be by speaker."
            )
