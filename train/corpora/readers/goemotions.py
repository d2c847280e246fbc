"""GoEmotions: English comments, here in Ekman's grouping, with official splits.

Demszky et al. 2020, CC BY 4.0. ``{train,dev,test}.tsv`` hold text, comma-separated label indices
and an id; ``labels.txt`` names the labels, one a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from audiotok.errors import DataError
from audiotok.table import read_table
from train.corpora.records import Record, needed, official_splits

FILES = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
COLUMNS = ("text", "indices", "id")
SPELLING = {"joy": "happiness"}


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> Iterator[Record]:
    """Read the three official files; the corpus names no speakers, so ``splits`` must be empty."""
    official_splits("GoEmotions", splits)
    names = needed(root / "labels.txt", "GoEmotions").read_text(encoding="utf-8").split()
    for split, name in FILES.items():
        rows = read_table(root / name, header=COLUMNS, needs=COLUMNS, delimiter="\t", quoted=False)
        for row in rows:
            try:
                labels = [names[int(index)] for index in row["indices"].split(",")]
            except (ValueError, IndexError) as error:
                raise DataError(
                    f"Line {row.line} of '{root / name}' has the labels '{row['indices']}'; "
                    f"'labels.txt' numbers them 0 to {len(names) - 1}."
                ) from error
            yield Record(
                id=row["id"],
                audio=(),
                text=row["text"],
                labels=tuple(SPELLING.get(label, label) for label in labels),
                speaker="",
                split=split,
                corpus="goemotions",
            )
