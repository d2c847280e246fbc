"""MAMKit's layout of MM-USED and MM-USED-fallacy.

A folder holds ``dataset.pkl``, a pandas pickle, and the clips of single sentences at
``audio_clips/<debate>/<sentence index>.wav``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from audiotok.errors import DataError
from train.corpora.audio_parts import Part
from train.corpora.records import needed, package

PICKLE = "dataset.pkl"


def read_pickle(
    folder: Path, needs: Sequence[str], corpus: str, *, trust_pickle: bool
) -> Iterator[dict[str, Any]]:
    """Yield the rows of ``folder/dataset.pkl``; unpickling can run code.

    Raises
    ------
    DataError
        When it is missing, is not trusted, is no table, or lacks one of the columns ``needs``.
    """
    path = needed(folder / PICKLE, corpus)
    if not trust_pickle:
        raise DataError(
            f"'{path}' is a pickle, which can run any code when it is opened; if you trust where "
            "it comes from, say 'trust_pickle: true' in the config or --trust-pickle."
        )
    pandas = package("pandas")
    try:
        table = pandas.read_pickle(path)
    except Exception as error:  # whatever a broken pickle or its code may raise
        raise DataError(
            f"'{path}' cannot be opened as a pickle ({type(error).__name__}); download it again."
        ) from error
    missing = [name for name in needs if name not in getattr(table, "columns", ())]
    if missing:
        raise DataError(f"'{path}' lacks the column '{missing[0]}', so it is not {corpus}.")
    yield from table[list(needs)].to_dict("records")


def clips(folder: Path, debate: str, indices: Iterable[int]) -> tuple[Part, ...]:
    """Return the clips of some sentences of a debate."""
    return tuple(Part(folder / "audio_clips" / debate / f"{index}.wav") for index in indices)
