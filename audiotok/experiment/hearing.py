"""What the model hears in a round, once from the words alone and once with the voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from audiotok.calibration import NEUTRAL
from audiotok.prediction import Prediction, Scores


class ReadsWords(Protocol):
    """A classifier that says what the words alone amount to."""

    def read(self, text: str) -> Scores:
        """Return the scores of the text-only twin."""


@dataclass(frozen=True)
class Hearing:
    """The answer of one twin.

    Attributes
    ----------
    choice : the label where it must choose one (``forced_choice``).
    verdict : a label, or *neutral* where no label reaches its threshold.
    probabilities : by label, averaged over seeds.
    """

    choice: str
    verdict: str
    probabilities: dict[str, float]


def forced_choice(scores: Scores) -> str:
    """Return the verdict, or the most probable label where that is *neutral*.

    The speaker's mood is one of the labels, and people must choose one of them too, so a forced
    choice compares all judges with the same chance, 1 in the number of labels.
    """
    verdict = scores.verdict
    return scores.labels[int(scores.mean.argmax())] if verdict == NEUTRAL else verdict


def hearing(scores: Scores) -> Hearing:
    """Return choice, verdict and probabilities of one twin."""
    return Hearing(forced_choice(scores), scores.verdict, scores.as_dict())


def hearings(prediction: Prediction) -> dict[str, Hearing]:
    """Return what was heard by ``words`` alone and with the ``voice``."""
    return {"words": hearing(prediction.text_only), "voice": hearing(prediction.text_audio)}


def neutral_sentences(candidates: tuple[str, ...], reader: ReadsWords) -> tuple[str, ...]:
    """Return those sentences whose words alone amount to nothing."""
    return tuple(text for text in candidates if reader.read(text).verdict == NEUTRAL)


def hearing_record(heard: Hearing) -> dict[str, Any]:
    """Return a hearing for JSON."""
    probabilities = {label: round(value, 4) for label, value in heard.probabilities.items()}
    return {"choice": heard.choice, "verdict": heard.verdict, "probabilities": probabilities}
