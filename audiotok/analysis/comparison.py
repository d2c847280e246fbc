"""Compare takes: two of them side by side, or all of one sentence under its words alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiotok.analysis.takes import Take
from audiotok.analysis.verdict import NOTEWORTHY_CHANGE, adjective, label_name
from audiotok.errors import DataError
from audiotok.language import say


@dataclass(frozen=True)
class Pair:
    """One label's probability, or one class's share of tokens, in two takes."""

    label: str
    first: float
    second: float

    @property
    def change(self) -> float:
        """The second less the first."""
        return self.second - self.first


@dataclass(frozen=True)
class Comparison:
    """Two takes side by side.

    Attributes
    ----------
    labels : probabilities with voice, in the task's order.
    tokens : shares of the tokens read that speak for each class.
    sentence : what differs.
    """

    first: Take
    second: Take
    labels: tuple[Pair, ...]
    tokens: tuple[Pair, ...]
    sentence: str


@dataclass(frozen=True)
class SentenceTakes:
    """All takes of one sentence.

    Attributes
    ----------
    words : probabilities of the words alone by label, the same for every take; empty where there
        are no words.
    """

    text: str
    labels: tuple[str, ...]
    words: dict[str, float]
    takes: tuple[Take, ...]


def compare(first: Take, second: Take) -> Comparison:
    """Compare two takes label by label and class by class.

    Raises
    ------
    DataError
        When they are of different tasks.
    """
    if first.labels != second.labels:
        raise DataError(
            say("These two takes were heard for different labels; choose two of one task.")
        )
    return Comparison(
        first,
        second,
        _pairs(first.labels, first.text_audio, second.text_audio),
        _pairs(tuple(first.tokens | second.tokens), _shares(first), _shares(second)),
        _sentence(first, second),
    )


def of_one_sentence(takes: Sequence[Take]) -> SentenceTakes:
    """Gather the takes that have the sentence and the labels of the last one.

    Raises
    ------
    DataError
        When there are no takes.
    """
    if not takes:
        raise DataError(say("There are no takes yet; speak first."))
    last = takes[-1]
    same = [take for take in takes if _key(take) == _key(last)]
    words = last.text_only if last.has_words else {}
    return SentenceTakes(last.text, last.labels, words, tuple(same))


def _key(take: Take) -> tuple[str, tuple[str, ...]]:
    return " ".join(take.text.split()).casefold(), take.labels


def _pairs(
    names: tuple[str, ...], first: dict[str, float], second: dict[str, float]
) -> tuple[Pair, ...]:
    return tuple(Pair(name, first.get(name, 0.0), second.get(name, 0.0)) for name in names)


def _shares(take: Take) -> dict[str, float]:
    total = sum(take.tokens.values()) or 1
    return {label: count / total for label, count in take.tokens.items()}


def _sentence(first: Take, second: Take) -> str:
    same = _key(first)[0] == _key(second)[0]
    words = say("The words are the same") if same else say("The words differ")
    heard = [adjective(take.verdict_text_audio) for take in (first, second)]
    pairs = _pairs(first.labels, first.text_audio, second.text_audio)
    most = max(pairs, key=lambda pair: abs(pair.change))
    if abs(most.change) < NOTEWORTHY_CHANGE:
        return say("{words}, and both takes sound much alike to the model.", words=words)
    points = f"{most.change * 100:+.0f}".replace("-", "−")
    moved = say(
        "{label} moves most, by {points} points", label=label_name(most.label), points=points
    )
    if heard[0] == heard[1]:
        return say(
            "{words}, and both takes sound {heard}; {moved}.",
            words=words,
            heard=heard[0],
            moved=moved,
        )
    return say(
        "{words}; the first take sounds {first}, the second {second}: {moved}.",
        words=words,
        first=heard[0],
        second=heard[1],
        moved=moved,
    )
