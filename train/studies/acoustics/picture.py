"""The picture of tokens and acoustics: what layers tell, and what the strongest tokens go with."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure, title
from audiotok.plots.knockout import NEGATIVE, POSITIVE
from train.studies.acoustics.tokens import Relations, strongest_tokens
from train.studies.acoustics.voice_measures import MEASURES

N_OF_CLASS = 3
Array = NDArray[np.float64]


def acoustics_figure(found: Relations, dark: bool = False) -> Figure:
    """Draw R² by layer beside the correlations of the strongest tokens of each class."""
    classes = found.vocabulary.classes
    groups = [strongest_tokens(found.vocabulary, n, N_OF_CLASS) for n in range(len(classes))]
    tokens = [token for group in groups for token in group]
    n_layers = len(found.explained)
    figure = new_figure(3.2 + 0.45 * (n_layers + len(tokens)), 6.2, dark)
    widths = [n_layers, max(1, len(tokens))]
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=widths)
    title(left, "R² of what a layer's codes tell", dark)
    _draw_map(left, found.explained.T, 1.0, dark)
    left.set_xticks(range(n_layers), list(map(str, range(1, n_layers + 1))))
    left.set_xlabel("layer of the codec", fontsize=9, color=palette.MUTED.on(dark))
    left.set_yticks(range(len(MEASURES)), [measure.name for measure in MEASURES.values()])
    title(right, "ρ of the strongest tokens of each class (· not significant)", dark)
    is_found = found.correlations.is_found[tokens].T
    _draw_map(right, found.correlations.rho[tokens].T, 1.0, dark, told=is_found)
    names = [found.vocabulary.strings[token] for token in tokens]
    right.set_xticks(range(len(tokens)), names, rotation=90, fontsize=7.5)
    colours = palette.colours_of(classes, dark)
    owners = [name for name, group in zip(classes, groups, strict=True) for _ in group]
    for tick, owner in zip(right.get_xticklabels(), owners, strict=True):
        tick.set_color(colours[owner])
    start = 0
    for name, group in zip(classes, groups, strict=True):
        middle = start + (len(group) - 1) / 2
        right.text(
            middle, len(MEASURES) - 0.4, name, ha="center", va="top", fontsize=8,
            color=colours[name],
        )  # fmt: skip
        start += len(group)
    right.tick_params(axis="x", pad=14)
    return figure


def _draw_map(
    axes: Axes, values: Array, reach: float, dark: bool, told: NDArray[np.bool_] | None = None
) -> None:
    """Draw a map of values with their numbers, or a dot where ``told`` is False."""
    calm(axes, dark)
    axes.spines["left"].set_visible(False)
    shades = (NEGATIVE.on(dark), palette.GROUND.on(dark), POSITIVE.on(dark))
    colours = LinearSegmentedColormap.from_list("value", shades)
    axes.imshow(values, cmap=colours, norm=Normalize(-reach, reach), aspect="auto")
    for row, column in np.ndindex(values.shape):
        value = values[row, column]
        if np.isnan(value):
            continue
        is_told = told is None or told[row, column]
        on_strong = abs(value) > 0.6 * reach
        axes.text(
            column,
            row,
            f"{value:z.1f}".replace("-", "−") if is_told else "·",
            ha="center",
            va="center",
            fontsize=7,
            color=(palette.GROUND if on_strong else palette.INK).on(dark),
        )
