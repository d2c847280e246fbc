"""nEMO: acted Polish speech, neutral sentences in six emotions.

Christop 2024, CC BY-NC-SA 4.0. As it is published, ``data.tsv`` has the columns file_id, emotion,
raw_text, normalized_text, speaker_id, gender and age, with paths relative to ``samples``. A part of
it in folders of its own has ``metadata.tsv`` with file, emotion, text and speaker instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiotok.errors import DataError
from audiotok.table import read_table
from train.corpora.audio_parts import Part
from train.corpora.records import Record, split_of

SPELLING = {"surprised": "surprise"}


@dataclass(frozen=True)
class Layout:
    """A table's path, the folder that its paths are relative to, and its columns."""

    table: str
    folder: str
    file: str
    text: str
    speaker: str


LAYOUTS = (
    Layout("data.tsv", "samples", "file_id", "raw_text", "speaker_id"),
    Layout("metadata.tsv", ".", "file", "text", "speaker"),
)


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> list[Record]:
    """Read the table of either layout and the files that it names."""
    layout = next((each for each in LAYOUTS if (root / each.table).is_file()), None)
    if layout is None:
        raise DataError(
            f"Neither 'data.tsv' nor 'metadata.tsv' lies in '{root}', so this is no folder of "
            "nEMO; check 'reader' and 'root'."
        )
    columns = (layout.file, "emotion", layout.text, layout.speaker)
    rows = read_table(root / layout.table, columns, delimiter="\t", quoted=False)
    folder = root / layout.folder
    # The published table has spaces before the names of speakers.
    found = [[row[column].strip() for column in columns] for row in rows]
    return [
        Record(
            id=Path(file).stem,
            audio=(Part(folder / file),),
            text=text,
            labels=(SPELLING.get(emotion, emotion),),
            speaker=speaker,
            split=split_of(speaker, splits),
            corpus="nemo",
        )
        for file, emotion, text, speaker in found
    ]
