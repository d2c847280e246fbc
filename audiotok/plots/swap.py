"""Figures of what-ifs: four verdicts, words A or B by voice A or B; and a flat voice."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audiotok.analysis.swap import FlatVoice, Swap
from audiotok.analysis.verdict import adjective, label_name
from audiotok.language import say
from audiotok.plots import palette
from audiotok.plots.figure import calm, headline, new_figure, title
from audiotok.prediction import Scores

LONGEST_WORDS = 60  # characters beside a row


def swap_figure(found: Swap, sentence: str = "", dark: bool = False) -> Figure:
    """Draw the probabilities of all four, words from top to bottom, voices from left to right.

    Parameters
    ----------
    sentence : the title; none where it is empty.
    """
    labels = found.scores[0][0].labels
    figure = new_figure(8.2, 2.0 + 0.55 * len(labels), dark)
    if sentence:
        headline(figure, sentence, dark)
    grid = figure.subplots(2, 2, sharex=True, sharey=True)
    for (words, voice), axes in np.ndenumerate(grid):
        name = say("words {words}, voice {voice}", words="AB"[words], voice="AB"[voice])
        _draw(axes, found.scores[words][voice], name, dark)
    for words, axes in enumerate(grid[:, 0]):
        said = textwrap.shorten(found.words[words], LONGEST_WORDS, placeholder="…") or say(
            "no words"
        )
        axes.set_ylabel(textwrap.fill(said, 24), fontsize=8, color=palette.MUTED.on(dark))
        axes.yaxis.label.set_parse_math(False)
    return figure


def flat_figure(found: FlatVoice, sentence: str = "", dark: bool = False) -> Figure:
    """Draw the probabilities of a voice as it is beside those of a flat one.

    Parameters
    ----------
    sentence : the title; none where it is empty.
    """
    figure = new_figure(8.2, 1.4 + 0.3 * len(found.before.labels), dark)
    if sentence:
        headline(figure, sentence, dark)
    own, flat = figure.subplots(1, 2, sharex=True, sharey=True)
    _draw(own, found.before, say("as it was said"), dark)
    _draw(flat, found.after, say("in a flat voice"), dark)
    return figure


def _draw(axes: Axes, scores: Scores, name: str, dark: bool) -> None:
    calm(axes, dark)
    title(axes, f"{name}: {adjective(scores.verdict)}", dark)
    colours = palette.colours_of(scores.labels, dark)
    rows = range(len(scores.labels))
    shades = [colours[label] for label in scores.labels]
    bars = axes.barh(rows, scores.mean, 0.66, color=shades)
    for bar, label in zip(bars, scores.labels, strict=True):
        bar.set_alpha(1.0 if label == scores.verdict else 0.45)
    axes.errorbar(
        scores.mean, rows, xerr=scores.spread, fmt="none", ecolor=palette.INK.on(dark), elinewidth=1
    )
    axes.set_yticks(rows, [label_name(label) for label in scores.labels])
    for tick in axes.get_yticklabels():
        tick.set_parse_math(False)
    axes.set_ylim(len(scores.labels) - 0.4, -0.6)
    axes.set_xlim(0, 1.02)
    axes.set_xticks([0, 0.5, 1], ["0", "50 %", "100"])
