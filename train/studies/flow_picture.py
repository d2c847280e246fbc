"""The picture of flow over test speakers: shares by layer, and what cuts change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from audiotok.analysis.flow import GROUPS
from audiotok.analysis.knockout import PATHS
from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure, title
from audiotok.plots.flow import SHADES
from audiotok.plots.knockout import FLATTEST, NEGATIVE, POSITIVE
from train.studies.flow_averages import CorpusFlow, window_names
from train.studies.intervals import points

N_TICKS = 8


def flow_figure(found: Sequence[CorpusFlow], dark: bool = False) -> Figure:
    """Draw rollout above knock-out, a column a corpus."""
    figure = new_figure(1.6 + 3.6 * len(found), 5.6, dark)
    grid = figure.subplots(2, len(found), squeeze=False, sharey="row", height_ratios=(3, 2))
    paths = [path for path in PATHS if any(path in each.effects for each in found)]
    every = [np.abs(effect.mean).max() for each in found for effect in each.effects.values()]
    reach = float(max(FLATTEST, *every)) if every else FLATTEST
    for each, (above, below) in zip(found, grid.T, strict=True):
        _draw_shares(above, each, dark)
        _draw_effects(below, each, paths, reach, dark)
    grid[0, 0].set_ylabel("of what the head would read")
    grid[0, -1].legend(
        frameon=False, labelcolor=palette.INK.on(dark), fontsize=8, loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )  # fmt: skip
    return figure


def _draw_shares(axes: Axes, each: CorpusFlow, dark: bool) -> None:
    """Lines of the shares by layer, with their intervals."""
    calm(axes, dark)
    title(axes, f"{each.corpus}: where it comes from", dark)
    depths = np.arange(len(each.origins.mean))
    for group, name in enumerate(GROUPS):
        colour = SHADES[name].on(dark)
        axes.plot(depths, each.origins.mean[:, group], color=colour, marker="o", label=name)
        axes.fill_between(
            depths,
            each.origins.low[:, group],
            each.origins.high[:, group],
            color=colour,
            alpha=0.25,
            linewidth=0,
        )
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0", "50", "100 %"])
    step = -(-len(depths) // N_TICKS)
    axes.set_xticks(depths[::step], ["0", *map(str, depths[1:])][::step])
    axes.set_xlabel("after layer", fontsize=9, color=palette.MUTED.on(dark))


def _draw_effects(
    axes: Axes, each: CorpusFlow, paths: Sequence[str], reach: float, dark: bool
) -> None:
    """A map of paths by windows of layers, in points of the verdict's label."""
    calm(axes, dark)
    axes.spines["left"].set_visible(False)
    title(axes, "Points that the verdict loses", dark)
    if not each.effects:
        axes.set_axis_off()
        return
    missing = np.full(len(each.windows), np.nan)
    means = np.stack([each.effects[p].mean if p in each.effects else missing for p in paths])
    shades = (NEGATIVE.on(dark), palette.GROUND.on(dark), POSITIVE.on(dark))
    colours = LinearSegmentedColormap.from_list("effect", shades)
    axes.imshow(means, cmap=colours, norm=Normalize(-reach, reach), aspect="auto")
    names = [name.removeprefix("layers ").removeprefix("layer ").replace(" to ", "–")
             for name in window_names(each.windows)]  # fmt: skip
    step = -(-len(names) // N_TICKS)
    shown = sorted({*range(0, len(names) - 1, step), len(names) - 1})
    axes.set_xticks(shown, [names[place] for place in shown])
    axes.set_yticks(range(len(paths)), paths)
    axes.set_xlabel("attention cut in layers", fontsize=9, color=palette.MUTED.on(dark))
    if len(names) > N_TICKS:
        return
    for row, column in np.ndindex(means.shape):
        effect = float(means[row, column])
        axes.text(
            column,
            row,
            "" if np.isnan(effect) else points(effect, signed=True).replace("-", "−"),
            ha="center",
            va="center",
            fontsize=7.5,
            color=(palette.GROUND if abs(effect) > 0.6 * reach else palette.INK).on(dark),
        )
