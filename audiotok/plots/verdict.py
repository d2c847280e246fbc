"""Figure of the verdict: a bar chart of both twins' probabilities by label."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from audiotok.analysis.verdict import NOTEWORTHY_CHANGE, LabelRow, label_name
from audiotok.language import say
from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure, title

BAR = 0.36
CHANGE_AT = 1.06  # where the column of changes stands, in units of probability


def verdict_figure(
    rows: Sequence[LabelRow],
    sentence: str,
    with_words: bool = True,
    dark: bool = False,
    compared: str = "",
) -> Figure:
    """Draw both probabilities of every label as bars, with thresholds, spread and change.

    Parameters
    ----------
    rows : one a label, drawn from top to bottom.
    sentence : the title.
    with_words : whether to draw text-only probabilities, which are void without text.
    dark : whether the background is dark.
    compared : phrase on the references, for the legend (``relative_to``).
    """
    figure = new_figure(7.0, 1.5 + 0.5 * len(rows), dark)
    axes = figure.subplots()
    calm(axes, dark)
    title(axes, sentence, dark)
    colours = palette.colours_of((row.label for row in rows), dark)
    for y, row in enumerate(rows):
        _draw_voice(axes, y, row, colours[row.label], with_words)
        if with_words:
            _draw_words(axes, y, row, colours[row.label], dark)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1.2 if with_words else 1.02)
    axes.set_yticks(range(len(rows)), [label_name(row.label) for row in rows])
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    axes.grid(axis="x", color=palette.LINE.on(dark), linewidth=0.6)
    axes.set_axisbelow(True)
    has_thresholds = any(row.text_audio_threshold is not None for row in rows)
    _legend(figure, has_thresholds, with_words, dark, compared)
    return figure


def _draw_voice(axes: Axes, y: int, row: LabelRow, colour: str, with_words: bool) -> None:
    centre = y + (BAR / 2 if with_words else 0)
    axes.barh(centre, row.text_audio, BAR, color=colour)
    _mark(axes, centre, row.text_audio, row.text_audio_spread, row.text_audio_threshold)


def _draw_words(axes: Axes, y: int, row: LabelRow, colour: str, dark: bool) -> None:
    centre = y - BAR / 2
    axes.barh(centre, row.text_only, BAR, color=colour, alpha=0.35)
    _mark(axes, centre, row.text_only, row.text_only_spread, row.text_only_threshold)
    notable = abs(row.change) >= NOTEWORTHY_CHANGE
    ink = (palette.INK if notable else palette.MUTED).on(dark)
    change = f"{row.change * 100:+.0f}".replace("-", "−")
    axes.text(CHANGE_AT, y, change, va="center", fontsize=10, color=ink)


def _mark(axes: Axes, y: float, mean: float, spread: float, threshold: float | None) -> None:
    ink = axes.yaxis.label.get_color()
    axes.errorbar(mean, y, xerr=spread, ecolor=ink, elinewidth=1, capsize=2)
    if threshold is not None:
        axes.vlines(threshold, y - BAR / 2, y + BAR / 2, color=ink, linewidth=1, linestyle=":")


def _legend(
    figure: Figure, has_thresholds: bool, with_words: bool, dark: bool, compared: str
) -> None:
    ink = palette.INK.on(dark)
    voice = say("words + voice") if with_words else say("voice")
    handles = [Patch(color=ink, label=f"{voice}, {compared}" if compared else voice)]
    if with_words:
        handles.insert(0, Patch(color=ink, alpha=0.35, label=say("words alone")))
    legend = figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=2,
        frameon=False,
        fontsize=8,
        labelcolor=ink,
        title="   ".join(
            [
                say("whisker: spread over seeds"),
                *([say("dotted: threshold")] if has_thresholds else []),
                *([say("right: change in points")] if with_words else []),
            ]
        ),
        title_fontsize=8,
        alignment="left",
    )
    legend.get_title().set_color(palette.MUTED.on(dark))
