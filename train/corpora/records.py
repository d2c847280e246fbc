"""The record that every corpus reader returns, and helpers of readers."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
    audio : parts of the clip, in order; empty for text alone.
    text : the transcript; empty where a corpus has none.
    labels : the corpus's labels in this project's spelling (``neutral`` and ``calm`` included);
        tasks map them to their own.
    speaker : name of the speaker; empty where a corpus names none.
    split : ``train``, ``validation`` or ``test``.
    source : the debate or video that it was cut from; empty where there is none.
    shares : soft labels: the share of the listeners who chose each label, if they were asked;
        ``labels`` are then those that most of them chose.
    """

    id: str
    audio: tuple[Part, ...]
    text: str
    labels: tuple[str, ...]
    speaker: str
    split: str
    corpus: str
    source: str = ""
    shares: tuple[tuple[str, float], ...] = ()

    def with_votes(self, label: str, votes: Mapping[str, int]) -> Record:
        """Return a copy labelled by listeners: the label of most, and the share of each."""
        n_votes = sum(votes.values())
        shares = tuple((name, votes[name] / n_votes) for name in sorted(votes))
        return replace(self, labels=(label,), shares=shares)


class Unlisted(str):
    """``train`` by default, because no split lists the speaker; a corpus may refuse that."""


def split_of(speaker: str, splits: Mapping[str, Sequence[str]]) -> str:
    """Return the split that lists this speaker, else ``Unlisted``; ``train`` without splits."""
    for split, speakers in splits.items():
        if split not in SPLITS:
            raise DataError(f"A split is called '{split}'; use one of {', '.join(SPLITS)}.")
        if speaker in speakers:
            return split
    return Unlisted("train") if splits else "train"


def split_named(name: str, where: str) -> str:
    """Return the split that a cell names; empty for an empty cell.

    Raises
    ------
    DataError
        When it names no split; ``where`` begins the sentence.
    """
    wanted = name.strip().casefold()
    if wanted and wanted not in SPLIT_NAMES:
        raise DataError(f"{where} has the unknown split '{name}'; use one of {', '.join(SPLITS)}.")
    return SPLIT_NAMES.get(wanted, "")


def official_splits(corpus: str, splits: Mapping[str, Sequence[str]]) -> None:
    """Raise DataError where a config sets splits for a corpus with official ones."""
    if splits:
        raise DataError(f"{corpus} has official splits; leave 'splits' out of the config.")


def task_among(task: str, tasks: Iterable[str], corpus: str) -> str:
    """Return the task; DataError where the corpus does not have it."""
    if task not in tasks:
        named = f"not '{task}'" if task else "which the config must say"
        raise DataError(f"{corpus} has the tasks {', '.join(tasks)}, {named} (key 'task').")
    return task


def needed(path: Path, corpus: str) -> Path:
    """Return a file or folder of a corpus; DataError where it is missing."""
    if not path.exists():
        raise DataError(
            f"'{path}' is missing, so this is no folder of {corpus}; check 'reader' and 'root'."
        )
    return path


def package(name: str) -> Any:
    """Import an optional package that a corpus needs; DataError where it is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DataError(
            f"This corpus needs {name}; install what train/requirements.txt lists."
        ) from error
