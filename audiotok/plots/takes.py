"""Figures of takes: two side by side, and all of one sentence as small multiples."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from audiotok.analysis.comparison import Comparison, Pair, SentenceTakes
from audiotok.analysis.takes import Take
from audiotok.analysis.verdict import adjective, label_name
from audiotok.language import number, say
from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure, title

COLUMNS = 4  # of small multiples
BAR = 0.36
LONGEST = 60  # characters of a sentence in a title
N_INITIALS = 3  # characters that a label has under a small panel


def multiples_figure(found: SentenceTakes, dark: bool = False) -> Figure:
    """Draw a panel a take: its probabilities as bars, the words alone as a line over each."""
    n_columns = min(COLUMNS, len(found.takes))
    n_rows = math.ceil(len(found.takes) / n_columns)
    figure = new_figure(max(4.0, 2.3 * n_columns), 0.9 + 1.9 * n_rows, dark)
    panels = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True).ravel()
    for axes, take in zip(panels, found.takes, strict=False):
        _draw_panel(axes, take, found, dark)
    for axes in panels[len(found.takes) :]:
        axes.set_axis_off()
    heading = figure.suptitle(
        _short(found.text) or say("Voices without words"),
        fontsize=11,
        x=0.02,
        ha="left",
        color=palette.INK.on(dark),
    )
    heading.set_parse_math(False)
    _legend(figure, bool(found.words), dark)
    return figure


def comparison_figure(found: Comparison, dark: bool = False) -> Figure:
    """Draw two takes side by side: waveforms, probabilities by label, tokens by class."""
    figure = new_figure(9.0, 2.4 + 0.34 * (len(found.labels) + len(found.tokens)), dark)
    ratios = (1.2, len(found.labels), max(1, len(found.tokens)))
    grid = figure.add_gridspec(3, 2, height_ratios=ratios)
    both = (found.first, found.second)
    longest_s = max(take.duration_s for take in both)
    for column, take in enumerate(both):
        _draw_waveform(figure.add_subplot(grid[0, column]), take, longest_s, dark)
    labels, tokens = (figure.add_subplot(grid[row, :]) for row in (1, 2))
    _draw_pairs(labels, found.labels, say("probability with the voice"), dark)
    _draw_pairs(tokens, found.tokens, say("share of the tokens that speak for a class"), dark)
    heading = figure.suptitle(
        found.sentence, fontsize=10, x=0.02, ha="left", color=palette.INK.on(dark)
    )
    heading.set_parse_math(False)
    ink = palette.INK.on(dark)
    handles = [
        Patch(color=ink, alpha=0.4, label=_short(found.first.name)),
        Patch(color=ink, label=_short(found.second.name)),
    ]
    _place_legend(figure, handles, ink)
    return figure


def _draw_panel(axes: Axes, take: Take, found: SentenceTakes, dark: bool) -> None:
    calm(axes, dark)
    colours = palette.colours_of(found.labels, dark)
    ink = palette.INK.on(dark)
    for x, label in enumerate(found.labels):
        axes.bar(x, take.text_audio[label], 0.74, color=colours[label])
        if label in found.words:
            axes.hlines(found.words[label], x - 0.5, x + 0.5, color=ink, linewidth=1.2)
    axes.set_xticks(
        range(len(found.labels)), [label_name(label)[:N_INITIALS] for label in found.labels]
    )
    axes.set_yticks([0, 0.5, 1], ["0", "50", "100 %"])
    axes.set_ylim(0, 1)
    axes.tick_params(labelsize=7)
    axes.grid(axis="y", color=palette.LINE.on(dark), linewidth=0.6)
    axes.set_axisbelow(True)
    title(axes, f"{_short(take.name, 16)}: {adjective(take.verdict_text_audio)}", dark)
    axes.title.set_fontsize(9)


def _draw_waveform(axes: Axes, take: Take, longest_s: float, dark: bool) -> None:
    calm(axes, dark)
    times = (np.arange(len(take.low)) + 0.5) * take.duration_s / len(take.low)
    axes.fill_between(times, take.low, take.high, color=palette.MUTED.on(dark), alpha=0.6, lw=0.5)
    axes.set_xlim(0, longest_s)
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks([])
    axes.tick_params(labelsize=7)
    axes.spines["left"].set_visible(False)
    pitch = f", {take.pitch_hz:.0f} Hz" if take.pitch_hz else ""
    heard = adjective(take.verdict_text_audio)
    lasts = number(take.duration_s, ".1f")
    title(axes, f"{_short(take.name, 24)}: {heard}, {lasts} s{pitch}", dark)
    axes.title.set_fontsize(9)


def _draw_pairs(axes: Axes, pairs: Sequence[Pair], what: str, dark: bool) -> None:
    calm(axes, dark)
    colours = palette.colours_of((pair.label for pair in pairs), dark)
    for y, pair in enumerate(pairs):
        axes.barh(y - BAR / 2, pair.first, BAR, color=colours[pair.label], alpha=0.4)
        axes.barh(y + BAR / 2, pair.second, BAR, color=colours[pair.label])
        points = round(pair.change * 100)
        change = f"{points:+d}".replace("-", "−") if points else "0"
        axes.text(1.04, y, change, va="center", fontsize=8, color=palette.INK.on(dark))
    names = axes.set_yticks(range(len(pairs)), [label_name(pair.label) for pair in pairs])
    for name in names:
        name.label1.set_parse_math(False)
    axes.set_ylim(len(pairs) - 0.4, -0.6)
    axes.set_xlim(0, 1.12)
    axes.set_xticks([0, 0.5, 1], ["0", "50", "100 %"])
    axes.tick_params(labelsize=8)
    axes.grid(axis="x", color=palette.LINE.on(dark), linewidth=0.6)
    axes.set_axisbelow(True)
    title(axes, what, dark)
    axes.title.set_fontsize(8)


def _legend(figure: Figure, with_words: bool, dark: bool) -> None:
    ink = palette.INK.on(dark)
    handles: list[Patch | Line2D] = [Patch(color=ink, label=say("with the voice"))]
    if with_words:
        handles.append(Line2D([], [], color=ink, linewidth=1.2, label=say("the words alone")))
    _place_legend(figure, handles, ink)


def _place_legend(figure: Figure, handles: Sequence[Patch | Line2D], ink: str) -> None:
    legend = figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=2,
        frameon=False,
        fontsize=8,
        labelcolor=ink,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _short(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
