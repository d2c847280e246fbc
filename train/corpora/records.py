"""The one record that every corpus reader gives."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiotok.errors import DataError
from train.corpora.audio_parts import Part

SPLITS = ("train", "validation", "test")
EVERYONE = "*"
# What others call them, in any case.
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
}


@dataclass(frozen=True)
class Record:
    """One example of a corpus.

    Attributes
    ----------
    id : unique within its corpus.
    audio : what makes up the clip, one after the other; empty for text alone.
    text : the words; empty where a corpus gives none.
    labels : names as the corpus means them, in this project's spelling (``neutral`` and ``calm``
        included); which of them a task uses is the task's affair.
    speaker : name of the speaker; empty where a corpus names none.
    split : ``train``, ``validation`` or ``test``.
    source : the debate or video that it was cut from; empty where a corpus has no such thing.
    """

    id: str
    audio: tuple[Part, ...]
    text: str
    labels: tuple[str, ...]
    speaker: str
    split: str
    corpus: str
    source: str = ""


class Unlisted(str):
    """``train``, for want of a split that lists the speaker; a corpus may refuse that."""


def split_of(speaker: str, splits: Mapping[str, Sequence[str]]) -> str:
    """Name the split that lists this speaker; one whom some splits forget is ``Unlisted``."""
    for split, speakers in splits.items():
        if split not in SPLITS:
            raise DataError(f"A split is called '{split}'; use one of {', '.join(SPLITS)}.")
        if speaker in speakers:
            return split
    return Unlisted("train") if splits else "train"


def split_named(name: str, where: str) -> str:
    """Give the split that a cell names, or nothing for an empty one.

    Raises
    ------
    DataError
        When it names none; ``where`` begins the sentence.
    """
    wanted = name.strip().casefold()
    if wanted and wanted not in SPLIT_NAMES:
        raise DataError(f"{where} has the unknown split '{name}'; use one of {', '.join(SPLITS)}.")
    return SPLIT_NAMES.get(wanted, "")


def official_splits(corpus: str, splits: Mapping[str, Sequence[str]]) -> None:
    """Raise where a config splits what is published with splits."""
    if splits:
        raise DataError(f"{corpus} has official splits; leave 'splits' out of the config.")


def task_among(task: str, tasks: Iterable[str], corpus: str) -> str:
    """Give the task; raise where it is none of the corpus's."""
    if task not in tasks:
        named = f"not '{task}'" if task else "which the config must say"
        raise DataError(f"{corpus} has the tasks {', '.join(tasks)}, {named} (key 'task').")
    return task


def needed(path: Path, corpus: str) -> Path:
    """Give a file or folder of a corpus; raise where it is missing."""
    if not path.exists():
        raise DataError(
            f"'{path}' is missing, so this is no folder of {corpus}; check 'reader' and 'root'."
        )
    return path


def package(name: str) -> Any:
    """Import a package that only some corpora need."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DataError(
            f"This corpus needs {name}; install what train/requirements.txt lists."
        ) from error
