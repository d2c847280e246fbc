"""Attention of the positions that the head reads, and its shares of audio and text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audiotok.errors import AudiotokError
from audiotok.prediction import Attentions, Prediction
from audiotok.sequence import SequenceToken
from audiotok.words import said_at


@dataclass(frozen=True)
class AttendedToken:
    """One position of the sequence, for display.

    Attributes
    ----------
    kind : ``text``, ``audio``, ``marker`` or ``special``.
    name : the piece of the text as written, the audio token's name or the marker's.
    glued : whether a piece continues the word before it.
    start_s : start of an audio token's frame in seconds; None for all others.
    said_s : when the word of a piece of the text is said, from and to, where this is known.
    speaks_for : class of an audio token's largest lasso weight; None for all others.
    """

    position: int
    kind: str
    name: str
    glued: bool = False
    start_s: float | None = None
    speaks_for: str | None = None
    said_s: tuple[float, float] | None = None


@dataclass(frozen=True)
class AttentionRows:
    """Attention from the positions that the head reads (their mean) to all positions.

    Attributes
    ----------
    tokens : one a position.
    rows : float32 array of shape ``(n_backbone_layers, n_heads, n_positions)``; each row sums
        to 1.
    read_positions : the positions that the head reads.
    frame_s, duration_s : of a frame and of the clip, in seconds.
    classes : classes of the audio vocabulary.
    """

    tokens: tuple[AttendedToken, ...]
    rows: NDArray[np.float32]
    read_positions: tuple[int, ...]
    frame_s: float
    duration_s: float
    classes: tuple[str, ...]

    @property
    def n_layers(self) -> int:
        """Number of the backbone's layers."""
        return int(self.rows.shape[0])

    @property
    def n_heads(self) -> int:
        """Number of attention heads of a layer."""
        return int(self.rows.shape[1])

    @cached_property
    def is_audio(self) -> NDArray[np.bool_]:
        """Mask of the audio tokens, shape ``(n_positions,)``."""
        return np.array([token.kind == "audio" for token in self.tokens])

    @cached_property
    def is_text(self) -> NDArray[np.bool_]:
        """Mask of the text tokens, shape ``(n_positions,)``."""
        return np.array([token.kind == "text" for token in self.tokens])


def attentions_of(prediction: Prediction) -> Attentions:
    """Return the attentions of a prediction.

    Raises
    ------
    AudiotokError
        When it was made without them.
    """
    if prediction.attentions is None:
        raise AudiotokError("This prediction was made without attentions; ask for them.")
    return prediction.attentions


def attention_rows(prediction: Prediction) -> AttentionRows:
    """Return the attention from the positions that the head reads, one row a layer and head.

    Raises
    ------
    AudiotokError
        When the prediction was made without attentions.
    """
    attentions = attentions_of(prediction)
    positions = attentions.read_positions
    return AttentionRows(
        tokens=attended_tokens(prediction),
        rows=attentions.weights[:, :, list(positions), :].mean(axis=2, dtype=np.float32),
        read_positions=positions,
        frame_s=prediction.frame_s,
        duration_s=prediction.recording.duration_s,
        classes=prediction.vocabulary.classes,
    )


def chosen_weights(
    attention: AttentionRows, layer: int | None = None, head: int | None = None
) -> NDArray[np.float32]:
    """Return the attention weight of every position, shape ``(n_positions,)``.

    Parameters
    ----------
    layer, head : 1-based; None takes the mean over all of them.

    Raises
    ------
    AudiotokError
        When the backbone has no such layer or head.
    """
    check_layer_and_head(attention.n_layers, attention.n_heads, layer, head)
    rows = attention.rows if layer is None else attention.rows[layer - 1 : layer]
    rows = rows if head is None else rows[:, head - 1 : head]
    return rows.mean(axis=(0, 1))


def check_layer_and_head(n_layers: int, n_heads: int, layer: int | None, head: int | None) -> None:
    """Raise AudiotokError unless a 1-based layer and head are there, or None for the mean."""
    for name, number, count in (("layer", layer, n_layers), ("head", head, n_heads)):
        if number is not None and not 1 <= number <= count:
            raise AudiotokError(f"The backbone has {name}s 1 to {count}, so not {number}.")


@dataclass(frozen=True)
class Shares:
    """Shares of each layer's attention, averaged over heads; each of shape ``(n_layers,)``.

    Attributes
    ----------
    rest : share of markers and the backbone's own special tokens.
    even : share of audio under uniform attention, a single number.
    """

    audio: NDArray[np.float32]
    text: NDArray[np.float32]
    rest: NDArray[np.float32]
    even: float


def attention_shares(attention: AttentionRows) -> Shares:
    """Return the shares of audio, text and the rest in each layer's attention."""
    by_layer = attention.rows.mean(axis=1)
    audio = by_layer[:, attention.is_audio].sum(axis=1)
    text = by_layer[:, attention.is_text].sum(axis=1)
    total = by_layer.sum(axis=1)
    return Shares(audio, text, total - audio - text, float(attention.is_audio.mean()))


def strongest(weights: NDArray[np.float32], n: int) -> list[int]:
    """Return the ``n`` positions of largest weight, largest first; ties in sequence order."""
    return [int(i) for i in np.argsort(-weights, kind="stable")[:n]]


def stacked_voice(
    attention: AttentionRows, weights: NDArray[np.float32]
) -> list[tuple[AttendedToken, float, float]]:
    """Return each audio token with its weight and the sum of those before it in its frame.

    These are the heights and bases of a stacked bar chart over time.
    """
    top: dict[float | None, float] = {}
    stack = []
    for position in np.flatnonzero(attention.is_audio):
        token, weight = attention.tokens[position], float(weights[position])
        below = top.get(token.start_s, 0.0)
        stack.append((token, weight, below))
        top[token.start_s] = below + weight
    return stack


def attended_tokens(prediction: Prediction) -> tuple[AttendedToken, ...]:
    """Return every position of the text+audio sequence, for display."""
    attended = []
    end_before: int | None = None
    for position, token in enumerate(prediction.sequence.tokens):
        attended.append(_attended(position, token, prediction, end_before))
        end_before = token.span[1] if token.span else None
    return tuple(attended)


def _attended(
    position: int, token: SequenceToken, prediction: Prediction, end_before: int | None
) -> AttendedToken:
    if token.occurrence is not None:
        return AttendedToken(
            position,
            token.kind,
            token.name,
            start_s=token.occurrence.frame * prediction.frame_s,
            speaks_for=prediction.vocabulary.spoken_for[token.occurrence.index],
        )
    written = prediction.text[slice(*token.span)].strip() if token.span else ""
    glued = token.span is not None and token.span[0] == end_before
    said_s = said_at(prediction.text, prediction.words, token.span) if token.span else None
    return AttendedToken(position, token.kind, written or token.name, glued=glued, said_s=said_s)
