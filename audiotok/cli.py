"""Shared by both command lines: errors as one sentence on stderr and exit code 2, and Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from audiotok.errors import AudiotokError
from audiotok.memory import keep_few_shapes

STOPPED = 130  # what shells say of a command that Ctrl-C ended


class Parser(argparse.ArgumentParser):
    """An argument parser that reports wrong arguments as one sentence, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Exit with code 2 and the message as one sentence."""
        self.exit(2, f"{message[:1].upper()}{message[1:]}; see '{self.prog} --help'.\n")


def run(parser: Parser, arguments: Sequence[str] | None) -> int:
    """Run the command that the parser chose (``options.command``) and return the exit code."""
    options = parser.parse_args(arguments)
    keep_few_shapes()
    try:
        options.command(options)
    except AudiotokError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(str(stop) or "Stopped.", file=sys.stderr)
        return STOPPED
    return 0


@contextmanager
def stopping_between() -> Iterator[Callable[[], bool]]:
    """Defer Ctrl-C; yields a function that returns whether it was pressed.

    An interrupt inside a decoder's callback would be printed and lost. A second Ctrl-C interrupts
    at once.
    """
    pressed: list[int] = []
    previous = signal.getsignal(signal.SIGINT)

    def note(number: int, _: object) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, previous)
