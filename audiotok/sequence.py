"""Build one id sequence of text and audio tokens, with each token's characters or time.

Layout: the backbone's own start tokens, then ``text start · text · text end``, then ``audio
start · audio tokens · audio end``, then the backbone's own end tokens. Where the codes are relative
to a reference clip of the speaker, the marker ``reference`` follows ``audio start``. The sequence
of the text-only twin has no audio part, and so more room for text.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from audiotok.language import mark
from audiotok.vocabulary import AudioVocabulary, Occurrence

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from audiotok.reader.plain_tokenizer import PlainTokenizer

    Tokenizer = PreTrainedTokenizerBase | PlainTokenizer

MARKERS = (
    mark("text start"),
    mark("text end"),
    mark("audio start"),
    mark("audio end"),
    mark("reference"),
)
N_MARKERS = len(MARKERS)
N_TEXT_MARKERS = 2
TEXT_TOKENS_KEPT = 128

Kind = Literal["special", "marker", "text", "audio"]


@dataclass(frozen=True)
class SequenceToken:
    """One position of a sequence.

    Attributes
    ----------
    id : row of the backbone's (extended) embedding matrix.
    name : for display: a word piece, a marker's name or ``<L2:517>``.
    span : characters ``[first, last)`` of the text; text tokens only.
    occurrence : the selected token with its frame; audio tokens only.
    """

    id: int
    kind: Kind
    name: str
    span: tuple[int, int] | None = None
    occurrence: Occurrence | None = None


@dataclass(frozen=True)
class Block:
    """Attention that is cut: in some layers no query sees any of the keys.

    Attributes
    ----------
    queries, keys : positions.
    layers : 1-based layers of the backbone.
    """

    queries: tuple[int, ...]
    keys: tuple[int, ...]
    layers: tuple[int, ...]


@dataclass(frozen=True)
class TokenSequence:
    """The token sequence of one utterance, truncated to the backbone's length.

    Attributes
    ----------
    tokens : one a position.
    text : all tokens of the text before truncation; the first ``n_text_used`` are in the sequence.
    n_selected : number of audio tokens before thinning; ``len(audio_positions)`` are in the
        sequence.
    blocks : attention that is cut when the sequence is read.
    """

    tokens: tuple[SequenceToken, ...]
    text: tuple[SequenceToken, ...]
    n_selected: int
    blocks: tuple[Block, ...] = ()

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """Ids, int64 of shape ``(n_positions,)``."""
        return np.array([token.id for token in self.tokens], dtype=np.int64)

    @property
    def reading(self) -> tuple[bytes, tuple[Block, ...]]:
        """What determines the logits; equal for sequences that read the same."""
        return self.ids.tobytes(), self.blocks

    def leaving_out(self, positions: Collection[int], mask_id: int | None) -> TokenSequence:
        """Return the sequence with some positions replaced by the mask token, or without them.

        Parameters
        ----------
        mask_id : id of the backbone's mask token; None, as with decoders, removes the positions.
        """
        if not positions:
            return self
        gone = set(positions)
        hidden = None if mask_id is None else SequenceToken(mask_id, "special", "mask")
        tokens = [hidden if i in gone else token for i, token in enumerate(self.tokens)]
        return replace(self, tokens=tuple(token for token in tokens if token is not None))

    @cached_property
    def text_positions(self) -> tuple[int, ...]:
        """Positions of the text tokens."""
        return tuple(i for i, token in enumerate(self.tokens) if token.kind == "text")

    @cached_property
    def audio_positions(self) -> tuple[int, ...]:
        """Positions of the audio tokens."""
        return tuple(i for i, token in enumerate(self.tokens) if token.kind == "audio")

    @property
    def n_text(self) -> int:
        """Number of tokens of the whole text."""
        return len(self.text)

    @property
    def n_text_used(self) -> int:
        """Number of text tokens in the sequence, after truncation."""
        return len(self.text_positions)


@dataclass(frozen=True)
class SequenceBuilder:
    """Builds sequences for one tokenizer and one audio vocabulary.

    Attributes
    ----------
    first_row : id of the first new embedding row: the markers, then one row an audio token.
    max_length : positions that the backbone may read, its own special tokens included.
    """

    tokenizer: Tokenizer
    vocabulary: AudioVocabulary
    first_row: int
    max_length: int

    def build(
        self, text: str, selected: Sequence[Occurrence], *, relative: bool = False
    ) -> TokenSequence:
        """Return the text+audio sequence of a text and the selected tokens of its clip.

        Where both do not fit ``max_length``, the text is truncated, but not below 128 tokens or
        half of the positions, whichever is fewer; audio tokens are thinned evenly to what is left.

        Parameters
        ----------
        relative : whether the codes are relative to a reference clip, which the marker
            ``reference`` tells the model.
        """
        pieces = self._text_tokens(text)
        n_markers = N_MARKERS if relative else N_MARKERS - 1
        room = self.max_length - len(self._start) - len(self._end) - n_markers
        room_for_text = max(room - len(selected), min(TEXT_TOKENS_KEPT, room // 2))
        kept_text = pieces[:room_for_text]
        kept_audio = thin_evenly(selected, room - len(kept_text))
        audio = [
            SequenceToken(
                id=self.first_row + N_MARKERS + occurrence.index,
                kind="audio",
                name=self.vocabulary.strings[occurrence.index],
                occurrence=occurrence,
            )
            for occurrence in kept_audio
        ]
        tokens = [
            *self._start,
            self._marker(0),
            *kept_text,
            self._marker(1),
            self._marker(2),
            *([self._marker(4)] if relative else []),
            *audio,
            self._marker(3),
            *self._end,
        ]
        return TokenSequence(tuple(tokens), text=pieces, n_selected=len(selected))

    def without_audio(self, sequence: TokenSequence) -> TokenSequence:
        """Return the sequence of the text-only twin: all of the text that fits without audio."""
        room = self.max_length - len(self._start) - len(self._end) - N_TEXT_MARKERS
        tokens = [
            *self._start,
            self._marker(0),
            *sequence.text[:room],
            self._marker(1),
            *self._end,
        ]
        return TokenSequence(tuple(tokens), text=sequence.text, n_selected=0)

    def _text_tokens(self, text: str) -> tuple[SequenceToken, ...]:
        if not text:
            return ()
        encoded = self.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, truncation=False
        )
        names = self.tokenizer.convert_ids_to_tokens(encoded["input_ids"])
        return tuple(
            SequenceToken(id=id_, kind="text", name=name, span=(first, last))
            for id_, name, (first, last) in zip(
                encoded["input_ids"], names, encoded["offset_mapping"], strict=True
            )
        )

    @property
    def mask_id(self) -> int | None:
        """Id of the backbone's mask token; None where it has none."""
        return getattr(self.tokenizer, "mask_token_id", None)

    @cached_property
    def _affixes(self) -> tuple[list[int], list[int]]:
        """Ids of the backbone's own start and end tokens, found by tokenizing a word."""
        bare = self.tokenizer("a", add_special_tokens=False)["input_ids"]
        full = self.tokenizer("a")["input_ids"]
        for first in range(len(full) - len(bare) + 1):
            if full[first : first + len(bare)] == bare:
                return full[:first], full[first + len(bare) :]
        return [], []

    @cached_property
    def _start(self) -> list[SequenceToken]:
        return [self._special(id_) for id_ in self._affixes[0]]

    @cached_property
    def _end(self) -> list[SequenceToken]:
        return [self._special(id_) for id_ in self._affixes[1]]

    def _special(self, id_: int) -> SequenceToken:
        name = self.tokenizer.convert_ids_to_tokens([id_])[0]
        return SequenceToken(id=id_, kind="special", name=name)

    def _marker(self, number: int) -> SequenceToken:
        return SequenceToken(id=self.first_row + number, kind="marker", name=MARKERS[number])


def thin_evenly(occurrences: Sequence[Occurrence], n_max: int) -> list[Occurrence]:
    """Return at most ``n_max`` of the occurrences, spread evenly over their order in time."""
    if len(occurrences) <= n_max:
        return list(occurrences)
    if n_max <= 0:
        return []
    chosen = np.linspace(0, len(occurrences) - 1, n_max).round().astype(int)
    return [occurrences[i] for i in chosen]


def pad_rows(
    rows: Sequence[NDArray[np.int64]], pad_id: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pad sequences of ids at their ends to one length.

    Returns
    -------
    Ids and attention mask, both of shape ``(n_rows, n_positions)``.
    """
    n_positions = max(len(row) for row in rows)
    ids = np.full((len(rows), n_positions), pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return ids, mask
