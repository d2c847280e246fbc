"""Figure of macro-F1 by the size of the audio vocabulary."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from audiotok.language import say
from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure, title
from audiotok.size_scores import SizeCurves

MARKERS = "osD^vPX*"
MOST_TICKS = 8


def sizes_figure(curves: SizeCurves, dark: bool = False) -> Figure:
    """Draw macro-F1 on test speakers against the number of tokens, a line a corpus."""
    figure = new_figure(7.2, 3.8, dark)
    axes = figure.add_subplot()
    draw_sizes(axes, curves, dark)
    axes.set_xlabel(say("tokens in the audio vocabulary"), color=palette.INK.on(dark))
    return figure


def draw_sizes(axes: Axes, curves: SizeCurves, dark: bool) -> None:
    """Draw the curves: the language model's as lines with marks, the bag's dashed."""
    calm(axes, dark)
    colours = [shade.on(dark) for shade in palette.LABELS.values()]
    readers = (
        (say("language model"), curves.language_model, "-"),
        (say("counted tokens"), curves.bag_of_tokens, "--"),
    )
    corpora = sorted({name for _, curve, _ in readers for each in curve for name in each.macro_f1})
    for reader, curve, style in readers:
        for place, corpus in enumerate(corpora):
            if not curve or corpus not in curve[0].macro_f1:
                continue
            axes.plot(
                [each.n_tokens for each in curve],
                [each.macro_f1[corpus] for each in curve],
                color=colours[place % len(colours)],
                marker=MARKERS[place % len(MARKERS)],
                linestyle=style,
                linewidth=1.6,
                markersize=5 if style == "-" else 3,
                label=f"{corpus}, {reader}",
            )
    scale_by_size(axes, sorted({each.n_tokens for _, curve, _ in readers for each in curve}))
    axes.set_ylim(0, 1)
    title(axes, say("Macro-F1 on test speakers"), dark)
    legend = axes.legend(
        frameon=False, labelcolor=palette.INK.on(dark), fontsize=8, loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)


def scale_by_size(axes: Axes, sizes: list[int]) -> None:
    """Make the axis of sizes logarithmic, with ticks at some of the sizes."""
    step = -(-len(sizes) // MOST_TICKS)
    shown = sizes[::-1][::step][::-1]  # the largest is among them
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xticklabels(list(map(str, shown)))
