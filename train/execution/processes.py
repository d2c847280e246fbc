"""The processes of ``accelerate launch``: they share training, encoding, features and prediction.

The first alone does what cannot be shared, and writes what a stage makes. One process alone, the
usual case, notices none of this.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, TypeVar

from tqdm.auto import tqdm

PATIENCE = timedelta(days=7)  # the others wait while the first selects

Item = TypeVar("Item")
Result = TypeVar("Result")

_ALONE = ContextVar("_ALONE", default=False)


class WorkerFinishedError(Exception):
    """Training is over; what is left of the stage is for the first process."""


def join() -> None:
    """Meet the other processes; each then computes on a GPU of its own, where there are several.

    Models that are loaded before lie on the first GPU in all of them.
    """
    if n_processes() > 1:
        _state()


def n_processes() -> int:
    """Number of processes that take part, on all machines; 1 inside ``alone``."""
    return 1 if _ALONE.get() else int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Number of this process among all, from 0."""
    return int(os.environ.get("RANK", "0"))


def is_first() -> bool:
    """Whether this is the process that writes."""
    return rank() == 0


def wait_for_all() -> None:
    """Go on when every process has come here."""
    if n_processes() > 1:
        _state().wait_for_everyone()


def gather(value: Result) -> list[Result]:
    """Give the values of all processes in the order of their ranks; every process must call this.

    Values travel pickled.
    """
    if n_processes() == 1:
        return [value]
    _state()
    from accelerate.utils import gather_object

    return list(gather_object([value]))


def share(items: Sequence[Item], work: Callable[[Item], Result], label: str) -> list[Result]:
    """Give ``work(item)`` of all items, in their order and in every process, each working a part.

    Process ``r`` of ``n`` takes items ``r``, ``r + n``, ``r + 2n`` and so on, so that items sorted
    by what they cost are dealt out evenly. Every process must call this, with the same items.
    When ``work`` raises in one process, that one ends, and the launcher ends those that wait.

    Parameters
    ----------
    label : names the work in the progress bar, which shows the part of the first process.
    """
    n = n_processes()
    first = rank() if n > 1 else 0
    bar = tqdm(items[first::n], desc=label, disable=not is_first() or not items)
    own = [work(item) for item in bar]
    results: list[Any] = [None] * len(items)
    for number, part in enumerate(gather(own)):
        results[number::n] = part
    return results


@contextmanager
def alone() -> Iterator[None]:
    """Inside, the process that calls this shares nothing and waits for nobody."""
    before = _ALONE.set(True)
    try:
        yield
    finally:
        _ALONE.reset(before)


def _state() -> Any:
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available(), timeout=PATIENCE)
