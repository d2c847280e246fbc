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

    Every process must call this, with the same items; ``dealt`` says who works on which.
    When ``work`` raises in one process, that one ends, and the launcher ends those that wait.

    Parameters
    ----------
    label : names the work in the progress bar, which shows the part of the first process.
    """
    n = n_processes()
    own = [items[place] for place in dealt(len(items), n, rank() if n > 1 else 0)]
    bar = tqdm(own, desc=label, disable=not is_first() or not items)
    results: list[Any] = [None] * len(items)
    for number, part in enumerate(gather([work(item) for item in bar])):
        for place, result in zip(dealt(len(items), n, number), part, strict=True):
            results[place] = result
    return results


def dealt(n_items: int, n_shares: int, own: int) -> list[int]:
    """Return the places of the items that are one process's, of ``n_shares``, in order.

    Of every ``n_shares`` items each process gets one, and each time another one. So all get
    their share of the dear ones, where items are sorted by what they cost and where plain and dear
    ones take turns.
    """
    rounds = range(-(-n_items // n_shares))
    places = (n * n_shares + (own + n) % n_shares for n in rounds)
    return [place for place in places if place < n_items]


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
