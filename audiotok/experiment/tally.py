"""How often who was right: confusion of moods, and accuracy with its uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from audiotok.experiment.rounds import Round, sentences_of

Judge = Literal["words", "voice", "people"]
JUDGES: tuple[Judge, ...] = get_args(Judge)
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Accuracy:
    """Rounds in which a judge named the mood that was meant, of all that it judged."""

    n_right: int
    n: int

    @property
    def share(self) -> float:
        """Share of right answers; NaN where nothing was judged."""
        return self.n_right / self.n if self.n else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share by Wilson (1927); from 0 to 1 without answers."""
        if not self.n:
            return 0.0, 1.0
        from scipy.stats import binomtest

        found = binomtest(self.n_right, self.n).proportion_ci(CONFIDENCE, method="wilson")
        return float(found.low), float(found.high)


Accuracies = dict[Judge, Accuracy]


@dataclass(frozen=True)
class Tally:
    """All that is counted over rounds.

    Attributes
    ----------
    moods : the order of rows and columns.
    confusion : by judge, shape ``(n_moods, n_moods)``: rows are what was meant, columns answers.
    accuracy : by judge; people's is over the rounds in which somebody guessed.
    by_sentence, by_mood : the same, split; a mood that was never meant is left out.
    """

    moods: tuple[str, ...]
    n_rounds: int
    confusion: dict[Judge, NDArray[np.int64]]
    accuracy: Accuracies
    by_sentence: dict[str, Accuracies]
    by_mood: dict[str, Accuracies]

    @property
    def chance(self) -> float:
        """Accuracy of an answer at random."""
        return 1 / len(self.moods)

    @property
    def judges(self) -> tuple[Judge, ...]:
        """Those who judged anything."""
        return tuple(judge for judge in JUDGES if self.accuracy[judge].n)


def tally(rounds: Sequence[Round], moods: Sequence[str]) -> Tally:
    """Count rounds."""
    return Tally(
        moods=tuple(moods),
        n_rounds=len(rounds),
        confusion={judge: confusion(rounds, judge, moods) for judge in JUDGES},
        accuracy=accuracies(rounds),
        by_sentence=_split(rounds, sentences_of(rounds), lambda each: each.sentence),
        by_mood=_split(rounds, moods, lambda each: each.meant),
    )


def answer(one: Round, judge: Judge) -> str | None:
    """Return what a judge answered in a round; None where people did not guess."""
    return one.guessed if judge == "people" else one.words if judge == "words" else one.voice


def confusion(rounds: Iterable[Round], judge: Judge, moods: Sequence[str]) -> NDArray[np.int64]:
    """Count answers by what was meant, shape ``(n_moods, n_moods)``."""
    counts = np.zeros((len(moods), len(moods)), np.int64)
    place = {mood: number for number, mood in enumerate(moods)}
    for each in rounds:
        said = answer(each, judge)
        if said is not None:
            counts[place[each.meant], place[said]] += 1
    return counts


def accuracies(rounds: Sequence[Round]) -> Accuracies:
    """Return every judge's accuracy."""
    found: Accuracies = {}
    for judge in JUDGES:
        answers = [(each.meant, answer(each, judge)) for each in rounds]
        judged = [meant == said for meant, said in answers if said is not None]
        found[judge] = Accuracy(sum(judged), len(judged))
    return found


def _split(
    rounds: Sequence[Round], groups: Iterable[str], group_of: Callable[[Round], str]
) -> dict[str, Accuracies]:
    found: dict[str, list[Round]] = {group: [] for group in groups}
    for each in rounds:
        found[group_of(each)].append(each)
    return {group: accuracies(part) for group, part in found.items() if part}
