"""One thread for all work with models, arrays and figures.

Gradio answers each event on one of up to 40 threads. glibc gives threads arenas of their own, and
PyTorch gives each a pool of helpers, so buffers that one thread lets go are of no use to the next,
and memory grows with every thread that ever answered. On one thread they are used again.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from itertools import count
from typing import TypeVar

from audiotok.memory import give_back

Result = TypeVar("Result")
TIDY_EVERY = 8  # pieces of work; what was given back costs a tenth of a second to get again


class Worker:
    """A thread that does one piece of work after the other, in the order they were asked for."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audiotok-work")
        self._count = count(1)

    def do(self, work: Callable[[], Result]) -> Result:
        """Do a piece of work there and give its result, or raise what it raised."""
        return self.submit(work).result()

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Let a piece of work be done there; Gradio's context of the event goes along."""
        done = self._thread.submit(copy_context().run, work)
        if next(self._count) % TIDY_EVERY == 0:
            self._thread.submit(give_back)  # behind it, so that the answer need not wait
        return done
