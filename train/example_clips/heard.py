"""Say what the shipped emotion model hears in the example clips.

``python -m train.example_clips.heard`` prints a Markdown table: how many clips of each mood are
heard as they were meant, alone and beside the plain clip of the same voice.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

import audiotok
from audiotok.calibration import NEUTRAL
from audiotok.classifier import Classifier
from audiotok.cli import Parser, run
from audiotok.ui.examples import Example, load_examples
from train.evaluation.markdown import table

HEAD = ("meant", "clips", "verdict as meant", "beside the plain clip")


def heard_table(classifier: Classifier, examples: Sequence[Example]) -> str:
    """Return the table of examples whose mood is a label, or neutral."""
    plain = {example.text: example.path for example in examples if example.mood == NEUTRAL}
    asked = [each for each in examples if each.mood in (NEUTRAL, *classifier.labels)]
    made = Counter(example.mood for example in asked)
    alone: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    for example in asked:
        for found, reference in ((alone, None), (beside, plain[example.text])):
            prediction = classifier.predict(example.path, example.text, reference=reference)
            found[example.mood] += prediction.text_audio.verdict == example.mood
    rows = [[mood, str(n), str(alone[mood]), str(beside[mood])] for mood, n in made.items()]
    sums = (counts.total() for counts in (made, alone, beside))
    return table(HEAD, [*rows, ["all", *map(str, sums)]])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns the exit code: 0, or 2 with one sentence on stderr."""
    parser = Parser(
        prog="python -m train.example_clips.heard",
        description="Say what the shipped emotion model hears in the example clips.",
    )
    parser.set_defaults(
        command=lambda options: print(heard_table(audiotok.load("emotion"), load_examples()))
    )
    return run(parser, arguments)


if __name__ == "__main__":
    sys.exit(main())
