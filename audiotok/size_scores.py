"""How well vocabularies of other sizes tell the labels: an optional file of a bundle.

``sizes.json`` holds macro-F1 on test speakers, by corpus, for audio vocabularies of several sizes
along the path of the lasso, as ``python -m train sizes CONFIG --into-bundle`` measures them:

.. code-block:: json

    {"format": "audiotok-sizes",
     "language_model": [{"n_tokens": 55, "macro_f1": {"nemo": 0.41, "ravdess": 0.38}},
                        {"n_tokens": 110, "macro_f1": {"nemo": 0.44, "ravdess": 0.40}}],
     "bag_of_tokens": [{"n_tokens": 61, "macro_f1": {"nemo": 0.35, "ravdess": 0.33}}]}
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from audiotok.language import mark
from audiotok.vocabulary import AudioVocabulary

SIZES = "sizes.json"
NO_SIZES = mark(
    "How well other sizes do was not measured for this bundle: it has no file 'sizes.json', which "
    '"python -m train sizes CONFIG --into-bundle" writes.'
)
MOST_SIZES, MOST_CORPORA = 100, 16

Corpus = Annotated[str, Field(min_length=1, max_length=60)]
Score = Annotated[float, Field(ge=0, le=1)]


class SizeScore(BaseModel):
    """Scores with one vocabulary.

    Attributes
    ----------
    n_tokens : size of the audio vocabulary.
    macro_f1 : of the most probable label on test speakers, by corpus.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    n_tokens: Annotated[int, Field(ge=1, le=1_000_000)]
    macro_f1: Annotated[dict[Corpus, Score], Field(min_length=1, max_length=MOST_CORPORA)]


Curve = Annotated[tuple[SizeScore, ...], Field(max_length=MOST_SIZES)]


class SizeCurves(BaseModel):
    """The contents of ``sizes.json``.

    Attributes
    ----------
    language_model : scores of the language model that reads the tokens, smallest size first.
    bag_of_tokens : scores of a linear model that counts them, smallest size first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["audiotok-sizes"] = "audiotok-sizes"
    language_model: Curve = ()
    bag_of_tokens: Curve = ()

    @model_validator(mode="after")
    def _curves_are_lines(self) -> SizeCurves:
        for curve in (self.language_model, self.bag_of_tokens):
            if any(a.n_tokens >= b.n_tokens for a, b in pairwise(curve)):
                raise ValueError("sizes must grow from one to the next")
            if any(a.macro_f1.keys() != b.macro_f1.keys() for a, b in pairwise(curve)):
                raise ValueError("every size must be scored on the same corpora")
        if not (self.language_model or self.bag_of_tokens):
            raise ValueError("there must be scores of some size")
        return self


def require_fit(sizes: SizeCurves, vocabulary: AudioVocabulary) -> None:
    """Sizes of other vocabularies are about any vocabulary."""
