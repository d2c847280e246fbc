"""LibriSpeech: read English speech without labels, for the codec.

Panayotov et al. 2015, CC BY 4.0. One folder a speaker; deeper chapter folders are read too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from audiotok.errors import DataError
from train.corpora.audio_parts import Part
from train.corpora.records import Record, split_of


def read(root: Path, splits: Mapping[str, Sequence[str]]) -> list[Record]:
    """Read ``root/<speaker>/**/*.flac``."""
    paths = sorted(
        path
        for path in root.glob("*/**/*")
        if path.suffix.lower() == ".flac" and not path.name.startswith(".")
    )
    if not paths:
        raise DataError(f"No LibriSpeech utterance lies under '{root}' (<speaker>/….flac).")
    records = []
    for path in paths:
        speaker = path.relative_to(root).parts[0]
        records.append(
            Record(
                id=path.stem,
                audio=(Part(path),),
                text="",
                labels=(),
                speaker=speaker,
                split=split_of(speaker, splits),
                corpus="librispeech",
            )
        )
    return records
