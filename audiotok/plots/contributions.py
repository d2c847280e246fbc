"""Figure of what decided: one waterfall a label, from nothing to the shown probability."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audiotok.analysis.contributions import NAMES, Contributions
from audiotok.analysis.verdict import label_name
from audiotok.language import number, say
from audiotok.plots import palette
from audiotok.plots.figure import calm, headline, new_figure, percentage

BAR = 0.62
TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
SMALLEST_SHOWN = 5e-3  # log-odds; a part that would read ±0.00 is not drawn


def contributions_figure(
    found: Contributions, label: str, sentence: str = "", dark: bool = False
) -> Figure:
    """Draw the parts of one label as a waterfall.

    The lower axis is in log-odds, in which parts add up, the upper one in probability.

    Parameters
    ----------
    sentence : the title; the label where it is empty.
    """
    parts = {name: value for name, value in found.of(label).items() if abs(value) > SMALLEST_SHOWN}
    figure = new_figure(7.5, 1.9 + 0.42 * len(parts), dark)
    axes = figure.subplots()
    calm(axes, dark)
    headline(figure, sentence or label_name(label), dark)
    _draw_steps(axes, parts, palette.colours_of(found.labels, dark)[label], dark)
    probability = float(found.probabilities[found.labels.index(label)])
    rows = [say(NAMES[name]) for name in parts]
    rows.append(f"{label_name(label)}: {number(probability, '.0%')}")
    axes.set_yticks(range(len(rows)), rows)
    for tick in axes.get_yticklabels():
        tick.set_parse_math(False)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.axvline(0, color=palette.LINE.on(dark), linewidth=1, zorder=0)
    axes.set_xlabel(
        say("log-odds, in which parts add up"), fontsize=8, color=palette.MUTED.on(dark)
    )
    _probability_axis(axes, dark)
    return figure


def _draw_steps(axes: Axes, parts: dict[str, float], colour: str, dark: bool) -> None:
    ink, against = palette.INK.on(dark), palette.MUTED.on(dark)
    ends = np.cumsum([0.0, *parts.values()])
    reach = np.ptp(ends) or 1.0
    for row, value in enumerate(parts.values()):
        start, end = ends[row], ends[row + 1]
        axes.barh(row, value, BAR, left=start, color=colour if value > 0 else against)
        axes.vlines(end, row, row + 1, color=palette.LINE.on(dark), linewidth=1, zorder=0)
        axes.annotate(
            number(value, "+.2f").replace("-", "−"),
            (max(start, end), row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=ink,
        )
    axes.plot(ends[-1], len(parts), "D", color=colour, markersize=7)
    axes.set_xlim(min(ends) - 0.06 * reach, max(ends) + 0.16 * reach)


def _probability_axis(axes: Axes, dark: bool) -> None:
    above = axes.twiny()
    calm(above, dark)
    above.spines["left"].set_visible(False)
    low, high = axes.get_xlim()
    places = [(float(np.log(p / (1 - p))), percentage(p)) for p in TICKS]
    within = [(at, name) for at, name in places if low <= at <= high]
    above.set_xlim(low, high)
    above.set_xticks([at for at, _ in within], [name for _, name in within])
    above.tick_params(colors=palette.MUTED.on(dark), labelsize=8)
