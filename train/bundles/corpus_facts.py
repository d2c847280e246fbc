"""How much of each corpus a bundle's splits hold: records, speakers and hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from audiotok.vocabulary import Codes
from train.corpora.records import SPLITS, Record
from train.encoding.clip_variants import ClipVariant
from train.evaluation.markdown import table

S_IN_HOUR = 3600


@dataclass(frozen=True)
class SplitFacts:
    """One split of one corpus.

    Attributes
    ----------
    n_records, n_speakers : how many there are; speakers that have no name are not counted.
    hours : of readable sound.
    """

    n_records: int
    n_speakers: int
    hours: float

    def __str__(self) -> str:
        if not self.n_records:
            return "–"
        parts = [f"{self.n_records:,}"]
        if self.n_speakers:
            parts.append(f"{self.n_speakers} speaker{'s' if self.n_speakers > 1 else ''}")
        if self.hours:
            parts.append(f"{self.hours:.1f} h")
        return ", ".join(parts)


def corpus_facts(
    records: Iterable[Record], codes: Mapping[ClipVariant, Codes], frame_s: float
) -> dict[str, dict[str, SplitFacts]]:
    """Return the facts of each split, by corpus.

    Parameters
    ----------
    codes : of clips as recorded, shape ``(n_layers, n_frames)``; those that are not there count as
        no sound.
    frame_s : duration of a frame in seconds.
    """
    found: dict[str, dict[str, list[Record]]] = {}
    for record in records:
        splits = found.setdefault(record.corpus, {split: [] for split in SPLITS})
        splits[record.split].append(record)
    return {
        corpus: {split: _facts(of_split, codes, frame_s) for split, of_split in splits.items()}
        for corpus, splits in found.items()
    }


def _facts(
    records: Sequence[Record], codes: Mapping[ClipVariant, Codes], frame_s: float
) -> SplitFacts:
    clips = {record.audio: ClipVariant(record) for record in records if record.audio}
    n_frames = sum(codes[clip].shape[1] for clip in clips.values() if clip in codes)
    speakers = {record.speaker for record in records if record.speaker}
    return SplitFacts(len(records), len(speakers), n_frames * frame_s / S_IN_HOUR)


def corpora_with_votes(records: Iterable[Record]) -> list[str]:
    """Return the corpora whose listeners were asked what they heard."""
    return sorted({record.corpus for record in records if record.shares})


def facts_table(facts: Mapping[str, Mapping[str, SplitFacts]]) -> str:
    """Return the facts as a Markdown table, a row a corpus."""
    rows = [[corpus, *(str(splits[split]) for split in SPLITS)] for corpus, splits in facts.items()]
    return table(["corpus", *SPLITS], rows)
