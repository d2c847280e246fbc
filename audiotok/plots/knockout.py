"""Figure of knock-out: for each label a map of layers by paths of attention."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from audiotok.analysis.knockout import Knockout
from audiotok.analysis.verdict import label_name
from audiotok.language import number, say
from audiotok.plots import palette
from audiotok.plots.figure import calm, headline, new_figure, title

FLATTEST = 0.02  # the strongest colour stands for at least that
N_COLUMNS = 3
NEGATIVE, POSITIVE = palette.Shade("#B4451F", "#F0834D"), palette.ACCENT
WORDY = 9  # more windows than that get no numbers


def knockout_figure(found: Knockout, sentence: str = "", dark: bool = False) -> Figure:
    """Draw what each label's probability loses when attention along a path is cut, by layer.

    Parameters
    ----------
    sentence : the title; none where it is empty.
    """
    n_labels = len(found.labels)
    n_columns = min(N_COLUMNS, n_labels)
    n_rows = -(-n_labels // n_columns)
    figure = new_figure(2.2 + 3.3 * n_columns, 1.6 + 1.5 * n_rows, dark)
    grid = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=True)
    if sentence:
        headline(figure, sentence, dark)
    reach = max(FLATTEST, float(np.abs(found.effects).max(initial=0)))
    shades = (NEGATIVE.on(dark), palette.GROUND.on(dark), POSITIVE.on(dark))
    colours = LinearSegmentedColormap.from_list("effect", shades)
    for place, axes in enumerate(grid.flat):
        if place >= n_labels:
            axes.set_axis_off()
            continue
        axes.imshow(
            found.effects[:, :, place], cmap=colours, norm=Normalize(-reach, reach), aspect="auto"
        )
        calm(axes, dark)
        axes.spines["left"].set_visible(False)
        title(
            axes, f"{label_name(found.labels[place])} {number(found.baseline[place], '.0%')}", dark
        )
        _label(axes, found, place, reach, dark)
    figure.supxlabel(
        say("points lost when attention is cut in these layers of the backbone"),
        fontsize=9,
        color=palette.MUTED.on(dark),
    )
    return figure


def _label(axes: Axes, found: Knockout, place: int, reach: float, dark: bool) -> None:
    n_windows = len(found.windows)
    names = [str(a) if a == b else f"{a}–{b}" for a, b in found.windows[:-1]] + [say("all")]
    step = -(-n_windows // WORDY)
    shown = sorted({*range(0, n_windows - 1, step), n_windows - 1})
    axes.set_xticks(shown, [names[i] for i in shown])
    axes.set_yticks(range(len(found.paths)), list(map(say, found.paths)))
    axes.axvline(n_windows - 1.5, color=palette.MUTED.on(dark), linewidth=0.8)
    if n_windows > WORDY:
        return
    for row, column in np.ndindex(len(found.paths), n_windows):
        points = 100 * found.effects[row, column, place]
        on_strong = abs(points) > 60 * reach
        axes.text(
            column,
            row,
            f"{points:+.0f}".replace("-", "−") if abs(points) >= 0.5 else "0",
            ha="center",
            va="center",
            fontsize=8,
            color=(palette.GROUND if on_strong else palette.INK).on(dark),
        )
