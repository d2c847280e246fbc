"""Figure of attention: the share of audio by layer, weights of words, and of audio over time."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from audiotok.analysis.attention import (
    AttentionRows,
    attention_shares,
    chosen_weights,
    stacked_voice,
    strongest,
)
from audiotok.analysis.verdict import label_name
from audiotok.language import number, say
from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure, title

MAX_WORDS = 30


def choice_name(layer: int | None, head: int | None) -> str:
    """Return the name of a choice of layer and head, such as "layer 2, all heads"."""
    layers = say("all layers") if layer is None else say("layer {which}", which=layer)
    heads = say("all heads") if head is None else say("head {which}", which=head)
    return f"{layers}, {heads}"


def attention_figure(
    attention: AttentionRows,
    layer: int | None = None,
    head: int | None = None,
    dark: bool = False,
) -> Figure:
    """Draw the attention from the positions that the head reads.

    Parameters
    ----------
    layer, head : 1-based; None takes the mean over all of them.
    dark : whether the background is dark.
    """
    weights = chosen_weights(attention, layer, head)
    figure = new_figure(9.0, 5.6, dark)
    grid = figure.add_gridspec(2, 2, width_ratios=(2, 3))
    _draw_shares(figure.add_subplot(grid[:, 0]), attention, dark)
    _draw_words(figure.add_subplot(grid[0, 1]), attention, weights, dark)
    _draw_voice(figure.add_subplot(grid[1, 1]), attention, weights, dark)
    figure.suptitle(
        say("What the verdict attends to: {choice}", choice=choice_name(layer, head)),
        x=0.01,
        ha="left",
        fontsize=11,
        color=palette.INK.on(dark),
    )
    return figure


def _draw_shares(axes: Axes, attention: AttentionRows, dark: bool) -> None:
    shares = attention_shares(attention)
    ink = palette.INK.on(dark)
    layers = np.arange(1, attention.n_layers + 1)
    parts = (
        (say("voice"), shares.audio, palette.ACCENT.on(dark)),
        (say("words"), shares.text, palette.MUTED.on(dark)),
        (say("markers"), shares.rest, palette.LINE.on(dark)),
    )
    left = np.zeros(attention.n_layers)
    for name, share, colour in parts:
        axes.barh(layers, share, 0.66, left=left, color=colour, label=name)
        left = left + share
    for layer, share in enumerate(shares.audio, start=1):
        axes.text(1.02, layer, number(share, ".0%"), va="center", fontsize=9, color=ink)
    axes.axvline(shares.even, color=ink, linewidth=1, linestyle=":")
    calm(axes, dark)
    title(axes, say("Share of the voice (dotted: if all counted alike)"), dark)
    axes.set_yticks(layers, [say("layer {which}", which=layer) for layer in layers])
    axes.set_ylim(attention.n_layers + 0.6, 0.4)
    axes.set_xlim(0, 1.14)
    axes.set_xticks([])
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(0, 0),
        ncols=3,
        frameon=False,
        fontsize=8,
        labelcolor=ink,
    )


def _draw_words(
    axes: Axes, attention: AttentionRows, weights: NDArray[np.float32], dark: bool
) -> None:
    calm(axes, dark)
    positions = np.flatnonzero(attention.is_text)
    if len(positions) > MAX_WORDS:
        kept = strongest(weights[positions], MAX_WORDS)
        positions = positions[np.sort(kept)]
    title(axes, say("Words") if len(positions) else say("No words"), dark)
    axes.bar(range(len(positions)), weights[positions], 0.8, color=palette.MUTED.on(dark))
    labels = axes.set_xticks(
        range(len(positions)), [attention.tokens[i].name for i in positions], rotation=60
    )
    for tick in labels:
        tick.label1.set(ha="right", rotation_mode="anchor", fontsize=8, parse_math=False)
    _percent(axes)


def _draw_voice(
    axes: Axes, attention: AttentionRows, weights: NDArray[np.float32], dark: bool
) -> None:
    calm(axes, dark)
    title(axes, say("Voice, coloured by what a token speaks for"), dark)
    stack = stacked_voice(attention, weights)
    present = {token.speaks_for for token, _, _ in stack}
    for name, colour in palette.colours_of(attention.classes, dark).items():
        if name not in present:
            continue
        starts, heights, below = zip(
            *(
                (token.start_s, weight, below)
                for token, weight, below in stack
                if token.speaks_for == name
            ),
            strict=True,
        )
        axes.bar(
            starts,
            heights,
            attention.frame_s,
            bottom=below,
            align="edge",
            color=colour,
            label=label_name(name),
        )
    axes.set_xlim(0, attention.duration_s)
    axes.set_xlabel(say("seconds"), fontsize=8, color=palette.MUTED.on(dark))
    _percent(axes)
    axes.tick_params(axis="x", pad=6)
    if present:
        axes.legend(
            loc="upper left",
            bbox_to_anchor=(0, -0.24),
            ncols=4,
            frameon=False,
            fontsize=8,
            labelcolor=palette.INK.on(dark),
        )


def _percent(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(lambda value, _: number(value, ".1%"))
    axes.set_ylim(bottom=0)
