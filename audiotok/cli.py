"""What both command lines share: an error is one sentence on stderr and exit code 2."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from audiotok.errors import AudiotokError
from audiotok.memory import keep_few_shapes

STOPPED = 130  # what shells say of a command that Ctrl-C ended


class Parser(argparse.ArgumentParser):
    """Wrong arguments are one sentence, like every other error."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message[:1].upper()}{message[1:]}; see '{self.prog} --help'.\n")


def run(parser: Parser, arguments: Sequence[str] | None) -> int:
    """Run the command that the parser chose (``options.command``); returns the exit code."""
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
