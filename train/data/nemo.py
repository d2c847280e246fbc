"""nEMO: acted Polish speech, neutral sentences in six emotions.

Christop 2024, CC BY-NC-SA 4.0. ``metadata.tsv`` has the columns file, emotion, text, speaker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from audiotok.table import read_table
from train.data.parts import Part
from train.data.records import Record, needed, split_of

COLUMNS = ("file", "emotion", "text", "speaker")
SPELLING = {"surprised": "surprise"}


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> list[Record]:
    """Read ``root/metadata.tsv`` and the files that it names."""
    table = needed(root / "metadata.tsv", "nEMO")
    rows = read_table(table, COLUMNS, delimiter="\t", quoted=False)
    return [
        Record(
            id=Path(row["file"]).stem,
            audio=(Part(root / row["file"]),),
            text=row["text"],
            labels=(SPELLING.get(row["emotion"], row["emotion"]),),
            speaker=row["speaker"],
            split=split_of(row["speaker"], splits),
            corpus="nemo",
        )
        for row in rows
    ]
