"""Figure of flow: ribbons from words and voice through the layers to the head, and the shares."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audiotok.analysis.flow import GROUPS, Flow
from audiotok.language import number, say
from audiotok.plots import palette
from audiotok.plots.figure import calm, headline, new_figure, title

NODE = 0.09  # width of a node, in layers
GAP = 0.05  # between groups, as a share of the height
SHADES = {"words": palette.LABELS["sadness"], "voice": palette.ACCENT, "markers": palette.MUTED}


def flow_figure(found: Flow, sentence: str = "", dark: bool = False) -> Figure:
    """Draw what each layer carries between words, voice and markers, and where it came from.

    Parameters
    ----------
    sentence : the title; none where it is empty.
    """
    figure = new_figure(min(4.0 + 0.9 * found.n_layers, 16.0), 5.4, dark)
    ribbons, shares = figure.subplots(2, sharex=True, height_ratios=(3, 2))
    if sentence:
        headline(figure, sentence, dark)
    _draw_ribbons(ribbons, found, dark)
    _draw_origins(shares, found, dark)
    return figure


def _draw_ribbons(axes: Axes, found: Flow, dark: bool) -> None:
    calm(axes, dark)
    axes.spines["left"].set_visible(False)
    title(
        axes, say("What each layer carries towards the verdict, and through whose positions"), dark
    )
    tops = np.cumsum(found.held + GAP, axis=1) - found.held - GAP  # of each node, downwards
    for layer, carried in enumerate(found.carried):
        leaving, arriving = tops[layer].copy(), tops[layer + 1].copy()
        for source in range(len(GROUPS)):
            for target in range(len(GROUPS)):
                size = carried[source, target]
                colour = SHADES[GROUPS[source]].on(dark)
                _ribbon(axes, layer, leaving[source], arriving[target], size, colour)
                leaving[source] += size
                arriving[target] += size
    for depth, (top, held) in enumerate(zip(tops, found.held, strict=True)):
        for name, start, size in zip(GROUPS, top, held, strict=True):
            axes.bar(depth, size, NODE, bottom=start, color=SHADES[name].on(dark))
    ends = ((0, "right", -NODE), (found.n_layers, "left", NODE))
    for depth, align, shift in ends:
        for name, start, size in zip(GROUPS, tops[depth], found.held[depth], strict=True):
            axes.text(
                depth + shift,
                start + size / 2,
                f"{say(name)} {number(size, '.0%')}",
                ha=align,
                va="center",
                fontsize=9,
                color=palette.INK.on(dark),
            )
    axes.set_ylim(1 + 2.5 * GAP, -0.02)
    axes.set_yticks([])


def _ribbon(axes: Axes, layer: int, start: float, end: float, size: float, colour: str) -> None:
    times = np.linspace(0, 1, 40)
    eased = times**2 * (3 - 2 * times)
    edge = start + (end - start) * eased
    across = layer + NODE / 2 + times * (1 - NODE)
    axes.fill_between(across, edge, edge + size, color=colour, alpha=0.35, linewidth=0)


def _draw_origins(axes: Axes, found: Flow, dark: bool) -> None:
    calm(axes, dark)
    title(axes, say("Where what the head would read after each layer comes from"), dark)
    depths = range(found.n_layers + 1)
    colours = [SHADES[name].on(dark) for name in GROUPS]
    stack = axes.stackplot(depths, found.origins.T, colors=colours, labels=list(map(say, GROUPS)))
    for area in stack:
        area.set_linewidth(0)
    axes.set_ylim(1, 0)
    axes.set_yticks([0, 0.5, 1], ["0", "50", "100 %"])
    names = [say("embeddings"), *(say("layer {which}", which=n) for n in depths[1:])]
    step = int(np.ceil(len(names) / 16))
    axes.set_xticks(list(depths)[::step], names[::step])
    axes.set_xlim(-0.75, found.n_layers + 0.75)
