"""Rounds as a table to take along."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from audiotok.experiment.rounds import Round

COLUMNS = ("round", "sentence", "meant", "guessed", "words", "voice")
STARTS_FORMULA = ("=", "+", "-", "@", "'")


def rounds_csv(rounds: Iterable[Round]) -> str:
    """Return a CSV, one row a round in the order given; ``guessed`` is empty where nobody did.

    A sentence that a spreadsheet would run as a formula is led by an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, one in enumerate(rounds, 1):
        guessed = one.guessed or ""
        writer.writerow([number, _text(one.sentence), one.meant, guessed, one.words, one.voice])
    return out.getvalue()


def _text(sentence: str) -> str:
    return f"'{sentence}" if sentence.startswith(STARTS_FORMULA) else sentence
