"""Where audio tokens lie among words in two dimensions: an optional file of a bundle.

``embedding_map.json`` holds the two largest principal components of the embeddings of all audio
tokens, in the vocabulary's order, and of some word pieces, the most telling first:

.. code-block:: json

    {"format": "audiotok-embedding-map",
     "explained": [0.21, 0.06],
     "tokens": [[0.31, -0.12]],
     "words": [{"word": "happy", "at": [0.08, 0.27]}]}
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from audiotok.errors import BundleError
from audiotok.language import mark
from audiotok.vocabulary import AudioVocabulary

EMBEDDING_MAP = "embedding_map.json"
NO_MAP = mark(
    "This bundle has no map of its embeddings: it has no file 'embedding_map.json', which "
    '"python -m train embedding-map CONFIG" writes.'
)
FARTHEST = 1e4
MOST_TOKENS, MOST_WORDS = 100_000, 5_000

Coordinate = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST)]
Place = tuple[Coordinate, Coordinate]
Share = Annotated[float, Field(ge=0, le=1)]


class PlacedWord(BaseModel):
    """A word piece on the map.

    Attributes
    ----------
    word : as it is read, without the marks of the tokenizer.
    at : coordinates on both axes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    word: Annotated[str, Field(min_length=1, max_length=60)]
    at: Place


class EmbeddingMap(BaseModel):
    """The contents of ``embedding_map.json``.

    Attributes
    ----------
    explained : share of the variance that each axis holds.
    tokens : coordinates of the audio tokens, in the vocabulary's order.
    words : word pieces, the most telling first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["audiotok-embedding-map"] = "audiotok-embedding-map"
    explained: tuple[Share, Share]
    tokens: Annotated[tuple[Place, ...], Field(max_length=MOST_TOKENS)]
    words: Annotated[tuple[PlacedWord, ...], Field(max_length=MOST_WORDS)] = ()


def require_fit(found: EmbeddingMap, vocabulary: AudioVocabulary) -> None:
    """Raise BundleError unless the map has a place for each token of a vocabulary."""
    if len(found.tokens) != len(vocabulary):
        raise BundleError(
            f"'{EMBEDDING_MAP}' places {len(found.tokens)} tokens, but the bundle's audio "
            f"vocabulary has {len(vocabulary)}; write it again with this vocabulary."
        )
