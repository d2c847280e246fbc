"""nEMO: acted Polish speech, neutral sentences in six emotions.

Christop 2024, CC BY-NC-SA 4.0. ``metadata.tsv`` has the columns file, emotion, text, speaker.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from audiotok.errors import DataError
from train.data.parts import Part
from train.data.records import Record, split_of

SPELLING = {"surprised": "surprise"}


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> list[Record]:
    """Read ``root/metadata.tsv`` and the files that it names."""
    table = root / "metadata.tsv"
    if not table.is_file():
        raise DataError(f"nEMO needs its table at '{table}'.")
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
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
