"""Words with their times, and which of them are still meant when somebody edits the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

ALIKE = 0.5  # share of words in common below which a text is another one


@dataclass(frozen=True)
class Word:
    """A word and the interval in which it is said, in seconds."""

    text: str
    start_s: float
    end_s: float


def words_of(text: str, heard: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words of a text with the times at which a transcript has them.

    Words that stand in the place of others share their interval by length in characters; words that
    were added have no time and are left out, and so are all where the text is another one.

    Parameters
    ----------
    text : maybe edited after it was heard; words are what spaces part.
    heard : the words of the transcript.
    """
    written = text.split()
    same = SequenceMatcher(None, [_bare(word.text) for word in heard], list(map(_bare, written)))
    if not heard or same.ratio() < ALIKE:
        return ()
    found: list[Word] = []
    for kind, first, last, begin, end in same.get_opcodes():
        if kind == "equal":
            times = [(word.start_s, word.end_s) for word in heard[first:last]]
        elif kind == "replace":
            times = list(_shared(heard[first].start_s, heard[last - 1].end_s, written[begin:end]))
        else:
            continue
        found += [Word(word, *time) for word, time in zip(written[begin:end], times, strict=True)]
    return tuple(found)


def word_at(words: Sequence[Word], time_s: float) -> str:
    """Return the word that is said at a time, or "" where none is."""
    return next((word.text for word in words if word.start_s <= time_s < word.end_s), "")


def said_at(text: str, words: Sequence[Word], span: tuple[int, int]) -> tuple[float, float] | None:
    """Return when the word is said that holds some characters of a text; None if this is unknown.

    Parameters
    ----------
    words : what ``words_of`` gives for the text, in order; some of the text's may be missing.
    span : characters ``[first, last)`` of the text.
    """
    place = 0
    for word in words:
        place = text.find(word.text, place)
        if place < 0:
            return None
        if place <= span[0] < place + len(word.text):
            return word.start_s, word.end_s
        place += len(word.text)
    return None


def _bare(word: str) -> str:
    """Return a word without case and punctuation; a mark alone stays as it is."""
    return re.sub(r"\W", "", word).casefold() or word


def _shared(start_s: float, end_s: float, words: Sequence[str]) -> Iterator[tuple[float, float]]:
    total = sum(map(len, words))
    edges, so_far = [start_s], 0
    for word in words:
        so_far += len(word)
        edges.append(round(start_s + (end_s - start_s) * so_far / total, 3))
    return pairwise(edges)
