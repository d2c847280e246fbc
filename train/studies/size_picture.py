"""The picture of scores by vocabulary size."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure, title
from train.studies.language_model_sizes import SizeScores

SPLIT = "test: "
MARKERS = "osD^vPX*"


def size_figure(found: Sequence[SizeScores], dark: bool = False) -> Figure:
    """Draw macro-F1 on test speakers against the number of tokens, a line a corpus."""
    figure = new_figure(7.2, 3.8, dark)
    axes = figure.add_subplot()
    calm(axes, dark)
    sizes = [each.n_tokens for each in found]
    names = [name for name in found[0].scores if name.startswith(SPLIT)]
    colours = [shade.on(dark) for shade in palette.LABELS.values()]
    for place, name in enumerate(names):
        scores = [each.scores[name] for each in found]
        axes.plot(
            sizes,
            scores,
            color=colours[place % len(colours)],
            marker=MARKERS[place % len(MARKERS)],
            linewidth=1.6,
            markersize=5,
            label=name[len(SPLIT) :],
        )
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels(list(map(str, sizes)))
    axes.set_ylim(0, 1)
    axes.set_xlabel("tokens in the language model", color=palette.INK.on(dark))
    title(axes, "Macro-F1 on test speakers", dark)
    axes.legend(
        frameon=False, labelcolor=palette.INK.on(dark), fontsize=8, loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )  # fmt: skip
    return figure
