"""Figure of macro-F1 by the size of the audio vocabulary."""

from __future__ import annotations

from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from audiotok.language import say
from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure, title
from audiotok.size_scores import Curve, SizeCurves

MARKERS = "osD^vPX*"
MOST_TICKS = 8
CLOSEST_TICKS = 1.3  # ratio of two sizes that are both named


def sizes_figure(curves: SizeCurves, dark: bool = False) -> Figure:
    """Draw macro-F1 on test speakers against the number of tokens, a line a corpus."""
    figure = new_figure(7.2, 3.8, dark)
    axes = figure.add_subplot()
    draw_sizes(axes, curves, dark)
    axes.set_xlabel(say("tokens in the audio vocabulary"), color=palette.INK.on(dark))
    return figure


def draw_sizes(axes: Axes, curves: SizeCurves, dark: bool) -> None:
    """Draw the curves: a colour a corpus, the language model's as lines, the bag's dashed."""
    calm(axes, dark)
    shades = [shade.on(dark) for shade in palette.LABELS.values()]
    readers: tuple[tuple[str, Curve, Literal["-", "--"]], ...] = (
        (say("language model"), curves.language_model, "-"),
        (say("counted tokens"), curves.bag_of_tokens, "--"),
    )
    corpora = sorted({name for _, curve, _ in readers for each in curve for name in each.macro_f1})
    handles = []
    for place, corpus in enumerate(corpora):
        colour, marker = shades[place % len(shades)], MARKERS[place % len(MARKERS)]
        handles.append(Line2D([], [], color=colour, marker=marker, linestyle="", label=corpus))
        for reader, curve, style in readers:
            if not (told := [each for each in curve if corpus in each.macro_f1]):
                continue
            axes.plot(
                [each.n_tokens for each in told],
                [each.macro_f1[corpus] for each in told],
                color=colour,
                marker=marker,
                linestyle=style,
                linewidth=1.6,
                markersize=5 if style == "-" else 3,
                label=f"{corpus}, {reader}",
            )
    handles += [
        Line2D([], [], label=reader, linestyle=style, color=palette.INK.on(dark))
        for reader, curve, style in readers
        if curve
    ]
    scale_by_size(axes, sorted({each.n_tokens for _, curve, _ in readers for each in curve}))
    axes.set_ylim(0, 1)
    title(axes, say("Macro-F1 on test speakers"), dark)
    legend = axes.legend(
        handles=handles, frameon=False, labelcolor=palette.INK.on(dark), fontsize=8,
        loc="upper left", bbox_to_anchor=(1.0, 1.0),
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)


def scale_by_size(axes: Axes, sizes: list[int]) -> None:
    """Make the axis of sizes logarithmic, with ticks at some of the sizes, none beside another."""
    step = -(-len(sizes) // MOST_TICKS)
    shown: list[int] = []
    for size in sizes[::-1][::step]:  # the largest is among them
        if not shown or size * CLOSEST_TICKS <= shown[-1]:
            shown.append(size)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(shown[::-1]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xticklabels(list(map(str, shown[::-1])))
