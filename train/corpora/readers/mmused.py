"""MM-USED: sentences of US presidential debates with their sound, here without labels.

Mancini et al. 2022. It serves to pre-train the embeddings on speech of the same domain. Assumed is
MAMKit's layout, as for MM-USED-fallacy: ``MMUSED/dataset.pkl`` (``dialogue_id, speech,
speech_indexes``; its times, components and splits are not needed) and
``MMUSED/audio_clips/<debate>/<sentence index>.wav``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from audiotok.errors import DataError
from train.corpora.readers.mamkit import clips, read_pickle
from train.corpora.records import Record, official_splits

COLUMNS = ("dialogue_id", "speech", "speech_indexes")
MOST = 40_000  # sentences that the paper pre-trains on


def read(
    root: Path,
    splits: Mapping[str, Sequence[str]],
    *,
    limit: int = MOST,
    trust_pickle: bool = False,
) -> Iterator[Record]:
    """Read the first ``limit`` rows of ``root/MMUSED``; all of them train."""
    official_splits("MM-USED", splits)
    folder = root / "MMUSED"
    rows = read_pickle(folder, COLUMNS, "MM-USED", trust_pickle=trust_pickle)
    for number, row in enumerate(islice(rows, limit)):
        if not row["speech"].strip():
            raise DataError(f"Row {number} of MM-USED in '{folder}' has no text; remove it.")
        debate = str(row["dialogue_id"])
        yield Record(
            id=str(number),
            audio=clips(folder, debate, row["speech_indexes"]),
            text=row["speech"],
            labels=(),
            speaker="",
            split="train",
            corpus="mmused",
            source=debate,
        )
