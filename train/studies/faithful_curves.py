"""How far verdicts fall without the tokens that an explanation names first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.counterfactual import encodings_of, reading_seeds
from audiotok.classifier import Classifier
from audiotok.faithfulness import METHODS, Faithfulness, Method, MethodFalls
from audiotok.prediction import Prediction
from train.corpora.records import Record
from train.studies.intervals import MeanInterval, mean_interval
from train.studies.rankings import Order
from train.studies.removal import without_tokens

SHARES = (0.05, 0.1, 0.2, 0.4)
Array = NDArray[np.float64]


@dataclass(frozen=True)
class ClipFalls:
    """Falls of one clip.

    Attributes
    ----------
    before : probability of the verdict's label.
    falls : by method, shape ``(len(SHARES),)``.
    """

    corpus: str
    speaker: str
    before: float
    falls: Mapping[Method, Array]


@dataclass(frozen=True)
class Curves:
    """The same, averaged over clips.

    Attributes
    ----------
    before : mean probability of the verdict's label with all tokens.
    falls : by method, shape ``(len(SHARES),)``.
    areas : by method, of shape ``()``: under the curve, over the largest share.
    """

    name: str
    n_clips: int
    n_speakers: int
    before: float
    falls: Mapping[Method, MeanInterval]
    areas: Mapping[Method, MeanInterval]


def clip_falls(
    classifier: Classifier,
    record: Record,
    prediction: Prediction,
    orders: Mapping[Method, Sequence[Order]],
) -> ClipFalls:
    """Take out the first tokens of each order, more and more of them, and ask again.

    At least one is taken out. One seed is asked, the nearest to the mean of all. All tokens taken
    out are masked (in a decoder: gone) and not counted by the bag of tokens, so the classifier
    should hear with a bag that takes gaps.
    """
    (encoding, *_) = encodings_of(classifier, prediction)
    utterances = [[encoding]]
    for of_method in orders.values():
        for order in of_method:
            for share in SHARES:
                first = order[: max(1, round(share * len(order)))].tolist()
                utterances.append([without_tokens(encoding, first, classifier.mask_id)])
    seeds = reading_seeds(prediction.text_audio, all_seeds=False)
    asked = classifier.probabilities(utterances, ("text_audio",), seeds)["text_audio"]
    found = asked.mean(axis=0)[:, prediction.labels.index(prediction.verdict_text_audio)]
    by_order = (found[0] - found[1:]).reshape(-1, len(SHARES))
    ends = np.cumsum([len(of_method) for of_method in orders.values()])[:-1]
    falls = {
        name: part.mean(axis=0) for name, part in zip(orders, np.split(by_order, ends), strict=True)
    }
    return ClipFalls(record.corpus, record.speaker, float(found[0]), falls)


def area_of(falls: Array) -> Array:
    """Return the area under curves of shape ``(..., len(SHARES))`` from 0 on: their mean height."""
    from_nothing = np.concatenate([np.zeros((*falls.shape[:-1], 1)), falls], axis=-1)
    return np.asarray(np.trapezoid(from_nothing, (0.0, *SHARES), axis=-1) / SHARES[-1])


def averages(clips: Sequence[ClipFalls]) -> list[Curves]:
    """Average over the clips of each corpus, and over all."""
    corpora = list(dict.fromkeys(clip.corpus for clip in clips))
    sets = {name: [clip for clip in clips if clip.corpus == name] for name in corpora}
    if len(corpora) > 1:
        sets["all"] = list(clips)
    return [_average(name, own) for name, own in sets.items()]


def _average(name: str, clips: Sequence[ClipFalls]) -> Curves:
    speakers = [(clip.corpus, clip.speaker) for clip in clips]
    methods = [method for method in METHODS if any(method in clip.falls for clip in clips)]
    missing = np.full(len(SHARES), np.nan)
    falls = {m: np.stack([clip.falls.get(m, missing) for clip in clips]) for m in methods}
    return Curves(
        name,
        len(clips),
        len(set(speakers)),
        float(np.mean([clip.before for clip in clips])),
        {method: mean_interval(values, speakers) for method, values in falls.items()},
        {method: mean_interval(area_of(values), speakers) for method, values in falls.items()},
    )


def for_bundle(found: Curves, n_tokens: int) -> Faithfulness:
    """Return what the page tells of it, for a vocabulary of ``n_tokens``."""
    return Faithfulness(
        n_tokens=n_tokens,
        n_clips=found.n_clips,
        n_speakers=found.n_speakers,
        shares=SHARES,
        methods=tuple(
            MethodFalls(
                name=method,
                falls=tuple(round(float(fall), 6) for fall in falls.mean),
                area=round(float(found.areas[method].mean), 6),
                interval=(
                    round(float(found.areas[method].low), 6),
                    round(float(found.areas[method].high), 6),
                ),
            )
            for method, falls in found.falls.items()
        ),
    )
