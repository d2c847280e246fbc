"""Data parallelism over the processes of ``accelerate launch`` or ``torchrun``.

They share training, encoding, features and prediction; the first alone does what cannot be shared,
and writes the outputs of stages. With one process, the usual case, all of this does nothing.
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
    """Raised in all processes but the first when shared training has finished."""


def join() -> None:
    """Initialise the process group; each process then uses a GPU of its own, if there are several.

    Models loaded before lie on the first GPU in all of them.
    """
    if n_processes() > 1:
        _state()


def n_processes() -> int:
    """Return the number of processes on all machines; 1 inside ``alone``."""
    return 1 if _ALONE.get() else int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Return the 0-based rank of this process."""
    return int(os.environ.get("RANK", "0"))


def is_first() -> bool:
    """Return whether this is the process of rank 0, which writes."""
    return rank() == 0


def wait_for_all() -> None:
    """Wait at a barrier for all processes."""
    if n_processes() > 1:
        _state().wait_for_everyone()


def gather(value: Result) -> list[Result]:
    """Return the values of all processes by rank; every process must call this.

    Values are pickled.
    """
    if n_processes() == 1:
        return [value]
    _state()
    from accelerate.utils import gather_object

    return list(gather_object([value]))


def share(items: Sequence[Item], work: Callable[[Item], Result], label: str) -> list[Result]:
    """Return ``work(item)`` of all items, in order and in every process, computed in parallel.

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
    """Context in which this process acts as the only one."""
    before = _ALONE.set(True)
    try:
        yield
    finally:
        _ALONE.reset(before)


def _state() -> Any:
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available(), timeout=PATIENCE)
