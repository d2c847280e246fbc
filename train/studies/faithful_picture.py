"""The picture of explanations: what verdicts lose without the tokens that each names first."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from audiotok.faithfulness import METHODS, NAMES
from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure, title
from train.studies.faithful_curves import SHARES, Curves

COLOURS = (
    palette.LABELS["surprise"],
    palette.LABELS["fear"],
    palette.ACCENT,
    palette.LABELS["happiness"],
    palette.LABELS["sadness"],
    palette.LABELS["anger"],
    palette.LABELS["neutral"],
)
MARKERS = "osD^vP."


def faithful_figure(found: Sequence[Curves], dark: bool = False) -> Figure:
    """Draw the falls against the share of tokens taken out, a panel a corpus, a line a method."""
    figure = new_figure(2.2 + 3.0 * len(found), 3.6, dark)
    (row,) = figure.subplots(1, len(found), squeeze=False, sharey=True)
    shares = [0.0, *(100 * share for share in SHARES)]
    for axes, each in zip(row, found, strict=True):
        calm(axes, dark)
        title(axes, f"{each.name}, {each.n_clips} verdicts", dark)
        for method, falls in each.falls.items():
            place = METHODS.index(method)
            colour = COLOURS[place].on(dark)
            low, mean, high = ([0.0, *(100 * part)] for part in (falls.low, falls.mean, falls.high))
            axes.plot(
                shares,
                mean,
                color=colour,
                marker=MARKERS[place],
                markersize=4.5,
                linewidth=1.6,
                linestyle="--" if method == "random" else "-",
                label=NAMES[method],
            )
            axes.fill_between(shares, low, high, color=colour, alpha=0.12, linewidth=0)
        axes.set_xticks(shares, [f"{share:g}" for share in shares])
        axes.set_xlabel("% of audio tokens left out", fontsize=9, color=palette.MUTED.on(dark))
        axes.axhline(0, color=palette.LINE.on(dark), linewidth=0.8)
    row[0].set_ylabel("points that the verdict loses")
    row[-1].legend(
        frameon=False, labelcolor=palette.INK.on(dark), fontsize=8, loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )  # fmt: skip
    return figure
