"""Indian EmoSpeech Command Dataset: keywords in four emotions, said into a web page at home.

Banga et al. 2019 (arXiv:1910.13801), CC BY-NC-SA 4.0. ``metadata.tsv`` has file, speaker, text and
emotion; *calm* is written ``neutral`` there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from audiotok.table import read_table
from train.corpora.audio_parts import Part
from train.corpora.records import Record, needed, split_of

TABLE = "metadata.tsv"


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> list[Record]:
    """Read the table and the files that it names."""
    columns = ("file", "speaker", "text", "emotion")
    path = needed(root / TABLE, "EmoSpeech")
    rows = read_table(path, columns, delimiter="\t", quoted=False)
    found = [[row[column].strip() for column in columns] for row in rows]
    return [
        Record(
            id=Path(file).stem,
            audio=(Part(root / file),),
            text=text,
            labels=(emotion,),
            speaker=speaker,
            split=split_of(speaker, splits),
            corpus="emospeech",
        )
        for file, speaker, text, emotion in found
    ]
