"""Checks of any corpus's records: clips exist, speakers are disjoint; overlap between splits."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from audiotok.errors import DataError
from train.corpora.audio_parts import Part
from train.corpora.records import SPLITS, Record, Unlisted
from train.settings.corpora import OtherSpeakers

logger = logging.getLogger(__name__)


def with_clips(records: Iterable[Record], *, skip_incomplete: bool) -> Iterator[Record]:
    """Yield records whose clips exist; each clip must belong to one record.

    Parameters
    ----------
    skip_incomplete : leave records out whose clip is missing, and log how many.

    Raises
    ------
    DataError
        Where a clip is missing, belongs to two records, or a record has neither clip nor words.
    """
    present: dict[Path, bool] = {}
    owners: dict[tuple[Part, ...], str] = {}
    n_skipped = 0
    for record in records:
        if not record.audio and not record.text:
            raise DataError(f"{_name(record)} has neither a clip nor words; remove it.")
        for part in record.audio:
            if part.path not in present:
                present[part.path] = part.path.is_file()
        missing = [part.path for part in record.audio if not present[part.path]]
        if missing and not skip_incomplete:
            raise DataError(
                f"{_name(record)} needs the clip '{missing[0]}', which is missing; put it there, "
                "or leave such records out with 'skip_incomplete: true' in the config."
            )
        if record.audio in owners:
            raise DataError(
                f"'{record.audio[0].path}' is the clip of both '{owners[record.audio]}' and "
                f"{_name(record)}; give each its own or remove one."
            )
        if record.audio:
            owners[record.audio] = record.id
        if missing:
            n_skipped += 1
        else:
            yield record
    if n_skipped:
        logger.warning("left out: %d records whose clip is missing", n_skipped)


def without_other_speakers(records: Iterable[Record], others: OtherSpeakers) -> list[Record]:
    """Keep, drop or refuse records of unlisted speakers, where some splits list speakers.

    Raises
    ------
    DataError
        Where ``others`` is ``refuse`` and there are any.
    """
    found = list(records)
    unlisted = [r for r in found if r.speaker and isinstance(r.split, Unlisted)]
    names = ", ".join(sorted({record.speaker for record in unlisted}))
    if unlisted and others == "refuse":
        raise DataError(
            f"No split of {unlisted[0].corpus} lists {names}; add them to 'splits' in the config, "
            "or say there 'other_speakers: train' or 'other_speakers: leave_out'."
        )
    if unlisted and others == "leave_out":
        logger.warning("left out: %d records of %s, whom no split lists", len(unlisted), names)
        found = [r for r in found if not (r.speaker and isinstance(r.split, Unlisted))]
    return [replace(r, split=str(r.split)) if isinstance(r.split, Unlisted) else r for r in found]


def check_speakers_apart(records: Iterable[Record]) -> None:
    """Raise DataError where a speaker of a corpus is in two splits."""
    seen: dict[tuple[str, str], str] = {}
    for record in records:
        if not record.speaker:
            continue
        split = seen.setdefault((record.corpus, record.speaker), record.split)
        if split != record.split:
            raise DataError(
                f"Speaker '{record.speaker}' of {record.corpus} stands in both '{split}' and "
                f"'{record.split}'; split by speaker, or say 'allow_shared_speakers: true' in the "
                "config."
            )


@dataclass(frozen=True)
class Shared:
    """Overlap of a later split of a corpus with an earlier one.

    Attributes
    ----------
    splits : the earlier, and the later one.
    n_records : number of records of the later one.
    n_texts : of these, with a text that is in the earlier one too.
    n_from_sources : of these, from a debate or video that is in the earlier one too.
    """

    corpus: str
    splits: tuple[str, str]
    n_records: int
    n_texts: int
    n_from_sources: int

    def __str__(self) -> str:
        earlier, later = self.splits
        said = [f"{self.n_texts} with words"] if self.n_texts else []
        said += [f"{self.n_from_sources} from a recording"] if self.n_from_sources else []
        return (
            f"Of the {self.n_records} {later} examples of {self.corpus}, {' and '.join(said)} that "
            f"{earlier} has too."
        )


def what_splits_share(records: Iterable[Record]) -> list[Shared]:
    """Return the overlap of every corpus and pair of splits that have any.

    Texts are compared exactly, without surrounding space.
    """
    by_split: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        by_split[record.corpus, record.split].append(record)
    corpora = dict.fromkeys(corpus for corpus, _ in by_split)
    found = [
        _shared(by_split[corpus, earlier], by_split[corpus, later], corpus, (earlier, later))
        for corpus in corpora
        for earlier, later in combinations(SPLITS, 2)
    ]
    return [shared for shared in found if shared.n_texts or shared.n_from_sources]


def _shared(
    earlier: Sequence[Record], later: Sequence[Record], corpus: str, splits: tuple[str, str]
) -> Shared:
    texts = {record.text.strip() for record in earlier} - {""}
    sources = {record.source for record in earlier} - {""}
    return Shared(
        corpus,
        splits,
        len(later),
        sum(record.text.strip() in texts for record in later),
        sum(record.source in sources for record in later),
    )


def _name(record: Record) -> str:
    return f"'{record.id}' of {record.corpus}"
