"""The whole attention matrix of a layer and head: who attends to whom, words and sounds in blocks.

Matrices leave as base64 of their bytes, not as JSON numbers: 512 by 512 positions stay below a
megabyte.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.attention import (
    AttendedToken,
    attended_tokens,
    attentions_of,
    check_layer_and_head,
)
from audiotok.analysis.export import Record, as_bytes
from audiotok.errors import AudiotokError
from audiotok.language import say
from audiotok.prediction import Prediction

if TYPE_CHECKING:
    import torch

THUMBNAIL = 32  # rows and columns of a thumbnail


@dataclass(frozen=True)
class Part:
    """Consecutive positions of one kind: ``words``, ``voice`` or ``markers``; end excluded."""

    kind: str
    first: int
    end: int


@dataclass(frozen=True)
class AttentionMap:
    """Attention weights of a layer and head, or a mean of several.

    Attributes
    ----------
    weights : float32 of shape ``(n_tokens, n_tokens)``; rows are queries, columns keys. With all
        positions rows sum to 1.
    tokens : one a row and column; their ``position`` is that in the sequence.
    layer, head : 1-based; None for the mean over all of them.
    """

    weights: NDArray[np.float32]
    tokens: tuple[AttendedToken, ...]
    layer: int | None = None
    head: int | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The blocks of both axes."""
        parts, first = [], 0
        for kind, members in groupby(KINDS[token.kind] for token in self.tokens):
            end = first + len(list(members))
            parts.append(Part(kind, first, end))
            first = end
        return tuple(parts)


KINDS = {"text": "words", "audio": "voice", "marker": "markers", "special": "markers"}


def attention_map(
    prediction: Prediction,
    layer: int | None = None,
    head: int | None = None,
    *,
    with_markers: bool = True,
) -> AttentionMap:
    """Return the attention matrix of a layer and head.

    Parameters
    ----------
    layer, head : 1-based; None takes the mean over all of them.
    with_markers : whether to keep markers and the backbone's own special tokens.

    Raises
    ------
    AudiotokError
        When the prediction was made without attentions, the backbone has no such layer or head, or
        nothing but markers was read.
    """
    attentions = attentions_of(prediction)
    n_layers, n_heads = attentions.weights.shape[:2]
    check_layer_and_head(n_layers, n_heads, layer, head)
    chosen = attentions.weights if layer is None else attentions.weights[layer - 1 : layer]
    chosen = chosen if head is None else chosen[:, head - 1 : head]
    tokens = attended_tokens(prediction)
    kept = [token for token in tokens if with_markers or KINDS[token.kind] != "markers"]
    if not kept:
        raise AudiotokError(say("Neither words nor tokens of the voice were read, only markers."))
    positions = np.array([token.position for token in kept])
    weights = chosen.mean(axis=(0, 1), dtype=np.float32)[np.ix_(positions, positions)]
    return AttentionMap(weights, tuple(kept), layer, head)


def thumbnails(prediction: Prediction) -> NDArray[np.float32]:
    """Return a small picture of every layer's and head's matrix.

    Each pixel is the largest weight of the positions that it covers, so that single strong ones
    are seen.

    Returns
    -------
    Shape ``(n_backbone_layers, n_heads, n, n)``, ``n`` at most ``THUMBNAIL``.
    """
    weights = attentions_of(prediction).weights
    n_positions = weights.shape[-1]
    n = min(THUMBNAIL, n_positions)
    firsts = np.arange(n) * n_positions // n
    rows = np.maximum.reduceat(weights, firsts, axis=2)
    return np.asarray(np.maximum.reduceat(rows, firsts, axis=3))


def for_bertviz(prediction: Prediction) -> tuple[tuple[torch.Tensor, ...], list[str]]:
    """Return attention and tokens in the form that bertviz (Vig, ACL 2019) takes.

    ``bertviz.head_view(*for_bertviz(prediction))`` shows them in a notebook.

    Returns
    -------
    For each backbone layer a tensor ``(1, n_heads, n_positions, n_positions)``, and one name a
    position; audio tokens are named with their time.
    """
    import torch

    weights = torch.from_numpy(np.ascontiguousarray(attentions_of(prediction).weights))
    names = [
        token.name if token.start_s is None else f"{token.name} {token.start_s:.2f} s"
        for token in attended_tokens(prediction)
    ]
    return tuple(layer[None] for layer in weights), names


def attention_npz(prediction: Prediction) -> bytes:
    """Return all attention weights, half precision, with the tokens as a NumPy ``.npz`` file.

    ``weights`` has shape ``(n_backbone_layers, n_heads, n_positions, n_positions)``; ``token``,
    ``kind`` and ``start_s`` (NaN but for audio tokens) have one entry a position, and
    ``read_positions`` are those that the head reads. No array is a pickle.
    """
    attentions, tokens = attentions_of(prediction), attended_tokens(prediction)
    out = io.BytesIO()
    np.savez_compressed(
        out,
        weights=attentions.weights.astype(np.float16),
        token=np.array([token.name for token in tokens], dtype=np.str_),
        kind=np.array([token.kind for token in tokens], dtype=np.str_),
        start_s=np.array([np.nan if t.start_s is None else t.start_s for t in tokens]),
        read_positions=np.array(attentions.read_positions),
    )
    return out.getvalue()


def attention_map_record(found: AttentionMap, n_layers: int, n_heads: int) -> Record:
    """Return a matrix with its tokens, in types of JSON; the weights as float16 bytes."""
    return {
        "n_layers": n_layers,
        "n_heads": n_heads,
        "layer": found.layer,
        "head": found.head,
        "weights": as_bytes(found.weights.astype("<f2")),
        "parts": [vars(part) for part in found.parts],
        "tokens": [
            {
                "position": token.position,
                "kind": token.kind,
                "token": token.name,
                "start_s": token.start_s,
                "speaks_for": token.speaks_for,
            }
            for token in found.tokens
        ],
    }


def thumbnails_record(pictures: NDArray[np.float32]) -> Record:
    """Return thumbnails as one byte a pixel: 255 is the largest weight of each picture."""
    largest = pictures.max(axis=(2, 3), keepdims=True)
    scaled = np.round(255 * pictures / np.where(largest > 0, largest, 1)).astype(np.uint8)
    return {"pictures": as_bytes(scaled), "largest": largest[:, :, 0, 0].tolist()}
