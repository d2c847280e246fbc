"""The processes of ``accelerate launch``: all of them train, the first does everything else.

One process alone, the usual case, notices none of this.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

PATIENCE = timedelta(days=7)  # the others wait while the first selects or encodes


class HelpedError(Exception):
    """Training is over; what is left of the stage is for the first process."""


def n_processes() -> int:
    """Number of processes, on all machines."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this is the process that writes."""
    return os.environ.get("RANK", "0") == "0"


def wait_for_all() -> None:
    """Go on when every process has come here."""
    if n_processes() > 1:
        _state().wait_for_everyone()


@contextmanager
def first_goes_first() -> Iterator[None]:
    """Let the first process do what is inside alone; the others then find what it kept."""
    if not is_first():
        wait_for_all()
    yield
    if is_first():
        wait_for_all()


def _state() -> Any:
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available(), timeout=PATIENCE)
