"""Which explanation names the tokens that a verdict rests on: an optional file of a bundle.

``faithfulness.json`` holds, for several ways of ranking a clip's audio tokens, how far the
probability of the verdict falls without those that are ranked first, on test speakers, as
``python -m train faithful CONFIG --into-bundle`` measures it:

.. code-block:: json

    {"format": "audiotok-faithfulness",
     "n_tokens": 110, "n_clips": 214, "n_speakers": 15, "shares": [0.05, 0.1, 0.2, 0.4],
     "methods": [{"name": "attention", "falls": [0.01, 0.02, 0.03, 0.05],
                  "area": 0.026, "interval": [0.021, 0.031]},
                 {"name": "random", "falls": [0.0, 0.01, 0.02, 0.04],
                  "area": 0.018, "interval": [0.014, 0.022]}]}
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from audiotok.errors import BundleError
from audiotok.language import mark, say
from audiotok.vocabulary import AudioVocabulary

FAITHFULNESS = "faithfulness.json"
Method = Literal[
    "attention", "rollout", "occlusion", "gradient", "lasso_weight", "lasso_order", "random"
]
METHODS: tuple[Method, ...] = get_args(Method)
NAMES: dict[Method, str] = {
    "attention": mark("attention"),
    "rollout": mark("attention rollout"),
    "occlusion": mark("leaving out moments"),
    "gradient": mark("gradient × input"),
    "lasso_weight": mark("the lasso's weights"),
    "lasso_order": mark("the order of the lasso's path"),
    "random": mark("chance"),
}
MOST_SHARES = 20

Share = Annotated[float, Field(gt=0, le=1)]
Fall = Annotated[float, Field(ge=-1, le=1)]  # of a probability


class MethodFalls(BaseModel):
    """How far the verdict falls without the tokens that a method ranks first.

    Attributes
    ----------
    falls : mean fall of the probability of the verdict's label, one a share of ``shares``.
    area : under the curve of falls from 0 to the last share, over that share: the mean fall.
    interval : 95 % of the area, over speakers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Method
    falls: Annotated[tuple[Fall, ...], Field(min_length=1, max_length=MOST_SHARES)]
    area: Fall
    interval: tuple[Fall, Fall]


class Faithfulness(BaseModel):
    """The contents of ``faithfulness.json``.

    Attributes
    ----------
    n_tokens : size of the audio vocabulary that it is about.
    n_clips, n_speakers : that were asked; none of them was in training.
    shares : of a clip's audio tokens that were left out, growing.
    methods : *attention* and *random* among them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["audiotok-faithfulness"] = "audiotok-faithfulness"
    n_tokens: Annotated[int, Field(ge=1, le=1_000_000)]
    n_clips: Annotated[int, Field(ge=1, le=10_000_000)]
    n_speakers: Annotated[int, Field(ge=1, le=10_000_000)]
    shares: Annotated[tuple[Share, ...], Field(min_length=1, max_length=MOST_SHARES)]
    methods: Annotated[tuple[MethodFalls, ...], Field(min_length=2, max_length=len(METHODS))]

    @model_validator(mode="after")
    def _is_whole(self) -> Faithfulness:
        names = [method.name for method in self.methods]
        if len(set(names)) < len(names) or not {"attention", "random"} <= set(names):
            raise ValueError("each method stands once, attention and random among them")
        if any(after <= before for before, after in pairwise(self.shares)):
            raise ValueError("shares must grow")
        if any(len(method.falls) != len(self.shares) for method in self.methods):
            raise ValueError("each method has one fall for each share")
        return self

    @property
    def best(self) -> MethodFalls:
        """The method whose first tokens the verdict rests on most."""
        return max(self.methods, key=lambda method: method.area)

    def of(self, name: Method) -> MethodFalls:
        """Return what was found of one of the methods that are there."""
        return next(method for method in self.methods if method.name == name)


def require_fit(found: Faithfulness, vocabulary: AudioVocabulary) -> None:
    """Raise BundleError unless it is about a vocabulary of that size."""
    if found.n_tokens != len(vocabulary):
        raise BundleError(
            f"'{FAITHFULNESS}' is about {found.n_tokens} tokens, but the bundle has "
            f"{len(vocabulary)}; write it again with this bundle."
        )


def faithfulness_sentence(found: Faithfulness) -> str:
    """Return one sentence on the method that names most of what decides, and on attention."""
    best = found.best
    facts = {
        "best": 100 * best.area,
        "attention": 100 * found.of("attention").area,
        "chance": 100 * found.of("random").area,
        "n": found.n_clips,
    }
    if best.name == "random":
        return say(
            "No way of ranking sounds finds what a verdict rests on better than chance: it loses "
            "{chance:.1f} points without sounds picked at random, {attention:.1f} without those "
            "that get most attention (measured on {n:,} clips of speakers the model never met).",
            **facts,
        )
    if best.name == "attention":
        return say(
            "Attention finds best what a verdict rests on: it loses {attention:.1f} points without "
            "the sounds that get most, {chance:.1f} without sounds picked at random (measured on "
            "{n:,} clips of speakers the model never met).",
            **facts,
        )
    return say(
        "Ranking sounds by {method} finds best what a verdict rests on: it loses "
        "{best:.1f} points without the sounds that come first, {attention:.1f} without those that "
        "get most attention, {chance:.1f} without sounds picked at random (measured on {n:,} clips "
        "of speakers the model never met).",
        method=say(NAMES[best.name]),
        **facts,
    )
