"""GoEmotions: English comments, here in Ekman's grouping, with official splits.

Demszky et al. 2020, CC BY 4.0. ``{train,dev,test}.tsv`` hold text, comma-separated label indices
and an id; ``labels.txt`` names the labels, one a line.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from audiotok.errors import DataError
from train.data.records import Record

FILES = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
SPELLING = {"joy": "happiness"}


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> list[Record]:
    """Read the three official files; the corpus names no speakers, so ``splits`` must be empty."""
    if splits:
        raise DataError("GoEmotions has official splits and names no speakers; leave 'splits' out.")
    if not (root / "labels.txt").is_file():
        raise DataError(f"GoEmotions needs 'labels.txt' in '{root}'.")
    names = (root / "labels.txt").read_text(encoding="utf-8").split()
    records = []
    for split, name in FILES.items():
        with (root / name).open(encoding="utf-8", newline="") as file:
            for text, indices, key in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                labels = [names[int(index)] for index in indices.split(",")]
                records.append(
                    Record(
                        id=key,
                        audio=(),
                        text=text,
                        labels=tuple(SPELLING.get(label, label) for label in labels),
                        speaker="",
                        split=split,
                        corpus="goemotions",
                    )
                )
    return records
