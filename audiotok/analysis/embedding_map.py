"""A clip's audio tokens on the bundle's map of embeddings, among words in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass

from audiotok.analysis.export import Record, as_csv
from audiotok.bundle import Bundle
from audiotok.embedding_map import NO_MAP, EmbeddingMap
from audiotok.errors import AudiotokError
from audiotok.language import say
from audiotok.prediction import Prediction
from audiotok.vocabulary import AudioVocabulary


@dataclass(frozen=True)
class ClipOnMap:
    """The map of a bundle, and when its tokens sound in a clip.

    Attributes
    ----------
    map : coordinates of all tokens and of some words.
    starts_s : when each token begins in the clip, in seconds, in the vocabulary's order; empty
        where it does not sound.
    """

    map: EmbeddingMap
    vocabulary: AudioVocabulary
    starts_s: tuple[tuple[float, ...], ...]

    @property
    def n_in_clip(self) -> int:
        """Number of tokens that sound in the clip, each counted once."""
        return sum(map(bool, self.starts_s))


def clip_on_map(bundle: Bundle, prediction: Prediction) -> ClipOnMap:
    """Return a bundle's map with the tokens of a clip.

    Raises
    ------
    AudiotokError
        When the bundle has no map.
    """
    if bundle.embedding_map is None:
        raise AudiotokError(say(NO_MAP))
    starts: list[list[float]] = [[] for _ in range(len(prediction.vocabulary))]
    for each in prediction.selected:
        starts[each.index].append(round(each.frame * prediction.frame_s, 6))
    return ClipOnMap(bundle.embedding_map, prediction.vocabulary, tuple(map(tuple, starts)))


def map_sentence(found: ClipOnMap) -> str:
    """Return one sentence on the tokens of the clip and on how much the map holds."""
    return say(
        "{n:,} of the {all:,} audio tokens sound in this clip; the two axes hold {share:.0%} of "
        "what tells the embeddings apart, so what lies close here need not be close.",
        n=found.n_in_clip,
        all=len(found.vocabulary),
        share=sum(found.map.explained),
    )


def embedding_map_record(found: ClipOnMap) -> Record:
    """Return the map and the clip's tokens on it in types of JSON."""
    vocabulary = found.vocabulary
    return {
        "explained": list(found.map.explained),
        "sentence": map_sentence(found),
        "tokens": [
            {
                "token": vocabulary.strings[index],
                "layer": vocabulary.pairs[index][0],
                "code": vocabulary.pairs[index][1],
                "x": x,
                "y": y,
                "speaks_for": vocabulary.spoken_for[index],
                "starts_s": list(found.starts_s[index]),
            }
            for index, (x, y) in enumerate(found.map.tokens)
        ],
        "words": [
            {"word": each.word, "x": each.at[0], "y": each.at[1]} for each in found.map.words
        ],
    }


def embedding_map_csv(found: ClipOnMap) -> str:
    """Return the map as CSV, a row an embedding: first the tokens, then the words."""
    record = embedding_map_record(found)
    tokens = [
        ["token", each["token"], each["x"], each["y"], each["speaks_for"], len(each["starts_s"])]
        for each in record["tokens"]
    ]
    words = [["word", each["word"], each["x"], each["y"], "", ""] for each in record["words"]]
    return as_csv(["kind", "name", "x", "y", "speaks_for", "n_in_clip"], tokens + words)
