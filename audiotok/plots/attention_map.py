"""Figures of attention matrices: one in full, and all layers and heads as thumbnails."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from audiotok.analysis.attention import AttendedToken
from audiotok.analysis.attention_map import AttentionMap
from audiotok.language import say
from audiotok.plots import palette
from audiotok.plots.attention import choice_name
from audiotok.plots.figure import calm, headline, new_figure

MOST_NAMES = 40  # of single tokens on an axis; with more, only blocks are named
SMALLEST = 1e-4  # of a logarithmic scale
BRIGHTEST_PERCENTILE = 99.5  # of weights, so that one marker does not darken all others


def attention_map_figure(
    found: AttentionMap, *, logarithmic: bool = False, dark: bool = False
) -> Figure:
    """Draw an attention matrix, queries from top to bottom, keys from left to right.

    Parameters
    ----------
    logarithmic : whether colours are spread by the logarithm of the weight.
    """
    figure = new_figure(7.6, 7.4, dark)
    headline(
        figure,
        say("Who attends to whom: {choice}", choice=choice_name(found.layer, found.head)),
        dark,
    )
    axes = figure.subplots()
    calm(axes, dark)
    axes.spines["left"].set_visible(False)
    largest = max(float(np.percentile(found.weights, BRIGHTEST_PERCENTILE)), 2 * SMALLEST)
    scale = LogNorm(SMALLEST, largest, clip=True) if logarithmic else Normalize(0, largest)
    picture = axes.imshow(
        found.weights, cmap=_colours(dark), norm=scale, interpolation="nearest", aspect="equal"
    )
    _name_positions(axes, found, dark)
    axes.set_xlabel(say("attended to (key)"), fontsize=9, color=palette.MUTED.on(dark))
    axes.set_ylabel(say("attends (query)"), fontsize=9, color=palette.MUTED.on(dark))
    bar = figure.colorbar(picture, shrink=0.5, pad=0.02, extend="max")
    bar.ax.tick_params(colors=palette.INK.on(dark), labelsize=8, length=0)
    bar.outline.set_visible(False)
    return figure


def model_view_figure(pictures: NDArray[np.float32], dark: bool = False) -> Figure:
    """Draw the matrices of all layers (rows) and heads (columns) small.

    Parameters
    ----------
    pictures : what ``thumbnails`` gives.
    """
    n_layers, n_heads = pictures.shape[:2]
    figure = new_figure(1.2 + 0.8 * n_heads, 1.0 + 0.8 * n_layers, dark)
    headline(figure, say("Attention of every layer and head"), dark)
    grid = figure.subplots(n_layers, n_heads, squeeze=False)
    ink = palette.INK.on(dark)
    for (layer, head), axes in np.ndenumerate(grid):
        axes.imshow(pictures[layer, head] ** 0.5, cmap=_colours(dark), vmin=0)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_color(palette.LINE.on(dark))
        if not head:
            axes.set_ylabel(say("layer {which}", which=layer + 1), fontsize=8, color=ink)
        if not layer:
            axes.set_title(say("head {which}", which=head + 1), fontsize=8, color=ink)
    return figure


def _colours(dark: bool) -> LinearSegmentedColormap:
    ends = (palette.GROUND.on(dark), palette.ACCENT.on(dark), palette.INK.on(dark))
    return LinearSegmentedColormap.from_list("attention", ends)


def _name(token: AttendedToken) -> str:
    return say(token.name) if token.kind == "marker" else token.name


def _name_positions(axes: Axes, found: AttentionMap, dark: bool) -> None:
    for part in found.parts[:-1]:
        for line in (axes.axhline, axes.axvline):
            line(part.end - 0.5, color=palette.MUTED.on(dark), linewidth=0.6)
    if len(found.tokens) <= MOST_NAMES:
        places, names = list(range(len(found.tokens))), list(map(_name, found.tokens))
    else:
        named = [part for part in found.parts if part.kind != "markers"]
        places = [(part.first + part.end - 1) // 2 for part in named]
        names = [say(part.kind) for part in named]
    axes.set_xticks(places, names, rotation=90 if len(found.tokens) <= MOST_NAMES else 0)
    axes.set_yticks(places, names)
    for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        tick.set(parse_math=False, fontsize=8)
