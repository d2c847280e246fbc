"""The attention as HTML: the voice's share of every layer, the words, the voice over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.attention import (
    AttendedToken,
    AttentionRows,
    attention_shares,
    chosen_weights,
    stacked_voice,
    strongest,
)
from audiotok.ui.templates import render
from audiotok.ui.verdict import colour_style

N_STRONGEST = 8

# A token, its weight, and that over the largest weight shown.
Weighed = tuple[AttendedToken, float, float]


def attention_html(
    attention: AttentionRows, layer: int | None = None, head: int | None = None
) -> str:
    """Show what the verdict attends to at a layer and head (None: their mean)."""
    weights = chosen_weights(attention, layer, head)
    meant = attention.is_audio | attention.is_text
    words = np.flatnonzero(attention.is_text)
    shares = attention_shares(attention)
    return render(
        "attention.html",
        attention=attention,
        layer=layer,
        strongest=_strongest(attention, weights, meant),
        markers=weights[~meant].sum(),
        words=_weighed(attention, weights, words),
        words_total=weights[words].sum(),
        voice=_voice(attention, weights),
        voice_total=weights[attention.is_audio].sum(),
        shares=list(zip(shares.audio, shares.text, shares.rest, strict=True)),
        even=shares.even,
        colour_style=colour_style,
    )


def _strongest(
    attention: AttentionRows, weights: NDArray[np.float32], meant: NDArray[np.bool_]
) -> list[Weighed]:
    """The words and voice tokens that get most; markers get much and mean little."""
    positions = strongest(np.where(meant, weights, 0), min(N_STRONGEST, int(meant.sum())))
    return _weighed(attention, weights, np.array(positions, dtype=int))


def _weighed(
    attention: AttentionRows, weights: NDArray[np.float32], positions: NDArray[np.int64]
) -> list[Weighed]:
    largest = float(weights[positions].max(initial=0)) or 1.0
    return [(attention.tokens[i], weights[i], weights[i] / largest) for i in positions]


def _voice(
    attention: AttentionRows, weights: NDArray[np.float32]
) -> dict[str, list[tuple[AttendedToken, float, float, float]]]:
    """By class that tokens speak for: token, weight, height and height below it, of the highest."""
    stack = stacked_voice(attention, weights)
    top = max((weight + below for _, weight, below in stack), default=1.0)
    by_class = {
        name: [
            (token, weight, weight / top, below / top)
            for token, weight, below in stack
            if token.speaks_for == name
        ]
        for name in attention.classes
    }
    return {name: bars for name, bars in by_class.items() if bars}
