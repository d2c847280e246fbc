"""The one sentence at the end."""

from __future__ import annotations

from audiotok.experiment.tally import Accuracy, Judge, Tally
from audiotok.experiment.texts import ENGLISH, Texts, percent


def closing_sentence(found: Tally, texts: Texts = ENGLISH, people: str = "people") -> str:
    """Return chance and every judge's accuracy, the voice's and people's with their interval.

    Words alone carry no interval: the same sentence gets the same answer however often it is said.
    Where the voice's interval holds chance, the sentence says that this could be chance.

    Parameters
    ----------
    people : name of what people are called, ``people`` or ``you``.
    """
    if not found.judges:
        return texts["no_rounds"]
    names: dict[Judge, str] = {"words": "words", "voice": "voice", "people": people}
    shares = [_said(texts[names[each]], each, found.accuracy[each], texts) for each in found.judges]
    low, _ = found.accuracy["voice"].interval
    template = texts["closing_open" if low <= found.chance else "closing"]
    return template.format(moods=len(found.moods), shares=", ".join(shares))


def _said(name: str, judge: Judge, accuracy: Accuracy, texts: Texts) -> str:
    low, high = (percent(bound, texts) for bound in accuracy.interval)
    template = texts["share" if judge == "words" else "share_interval"]
    low = low.removesuffix(percent(0, texts).removeprefix("0"))
    return template.format(judge=name, share=percent(accuracy.share, texts), low=low, high=high)
