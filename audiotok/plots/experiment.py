"""Figure of an experiment: confusion of moods for every judge, and how often each was right."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from audiotok.experiment.closing import closing_sentence
from audiotok.experiment.tally import Accuracies, Accuracy, Judge, Tally
from audiotok.experiment.texts import ENGLISH, Texts, mood_name, percent
from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure, title

PANEL_IN = 3.3
NOTE_WIDTH = 150  # characters
STRONGEST = 0.8  # how much of a mood's colour a cell of all answers has
MARKERS: dict[Judge, str] = {"words": "s", "voice": "o", "people": "D"}


def experiment_figure(
    found: Tally, texts: Texts = ENGLISH, dark: bool = False, people: str = "people"
) -> Figure:
    """Draw one confusion matrix a judge, and below them accuracy with 95 % intervals by mood.

    Parameters
    ----------
    people : name of what people are called, ``people`` or ``you``.
    """
    judges = found.judges or ("words", "voice")
    width = max(7.0, PANEL_IN * len(judges) + 0.6)
    figure = new_figure(width, 6.4, dark)
    heading = closing_sentence(found, texts, people)
    figure.suptitle(
        heading, x=0.01, ha="left", fontsize=10, color=palette.INK.on(dark), wrap=True
    ).set_parse_math(False)
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=[1.25, 1])
    upper, lower = parts[:, 0]
    for part in (upper, lower):
        part.set_facecolor("none")
    panels = upper.subplots(1, len(judges), squeeze=False)[0]
    for number, (axes, judge) in enumerate(zip(panels, judges, strict=True)):
        _draw_confusion(axes, found.confusion[judge], found.moods, texts, dark)
        name = texts[people if judge == "people" else judge]
        title(axes, name, dark)
        if number:
            axes.set_yticklabels([])
    panels[0].set_ylabel(texts["meant"], color=palette.MUTED.on(dark), fontsize=8)
    axes = lower.subplots()
    _draw_accuracies(axes, found, texts, dark, people)
    return figure


def _draw_confusion(
    axes: Axes, counts: NDArray[np.int64], moods: tuple[str, ...], texts: Texts, dark: bool
) -> None:
    """Colour each cell by the mood that was answered, as strongly as its share of the row."""
    calm(axes, dark)
    axes.spines["left"].set_visible(False)
    colours = _cell_colours(counts, moods, dark)
    axes.imshow(colours, aspect="equal")
    for (row, column), n in np.ndenumerate(counts):
        if n:
            ink = _ink_on(colours[row, column])
            axes.text(column, row, str(n), ha="center", va="center", fontsize=9, color=ink)
    names = [mood_name(mood, texts) for mood in moods]
    axes.set_xticks(range(len(moods)), names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(moods)), names)
    axes.tick_params(labelsize=8)
    edges = np.arange(len(moods) + 1) - 0.5
    axes.hlines(edges, -0.5, len(moods) - 0.5, color=palette.LINE.on(dark), linewidth=0.6)
    axes.vlines(edges, -0.5, len(moods) - 0.5, color=palette.LINE.on(dark), linewidth=0.6)


def _cell_colours(
    counts: NDArray[np.int64], moods: tuple[str, ...], dark: bool
) -> NDArray[np.float64]:
    """Return RGB between background and the column's colour, shape ``(n_moods, n_moods, 3)``."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    strength = STRONGEST * shares[:, :, None]
    colours = palette.colours_of(moods, dark)
    full = np.array([to_rgb(colours[mood]) for mood in moods])[None]
    ground = np.array(to_rgb(palette.GROUND.on(dark)))
    return np.asarray(ground + strength * (full - ground))


def _ink_on(colour: NDArray[np.float64]) -> str:
    """Return a dark or a light ink, whichever can be read on a colour."""
    luma = float(colour @ (0.299, 0.587, 0.114))
    return palette.INK.light if luma > 0.55 else palette.GROUND.light


def _draw_accuracies(axes: Axes, found: Tally, texts: Texts, dark: bool, people: str) -> None:
    """Draw shares and 95 % intervals, of all rounds and, where each came again, of each mood."""
    calm(axes, dark)
    columns = _columns(found, texts, people)
    together = len(columns) > len(found.judges)
    spread = np.linspace(-0.22, 0.22, len(found.judges)) if together else [0.0] * 3
    for judge, offset in zip(found.judges, spread, strict=False):
        judged = [(x, each[judge]) for x, (_, each) in enumerate(columns) if judge in each]
        judged = [(x, accuracy) for x, accuracy in judged if accuracy.n]
        axes.errorbar(
            [x + offset for x, _ in judged],
            [accuracy.share for _, accuracy in judged],
            yerr=_whiskers([accuracy for _, accuracy in judged], judge),
            fmt=MARKERS[judge],
            color=_judge_colour(judge, dark),
            markersize=5,
            elinewidth=1,
            capsize=2,
            label=texts[people if judge == "people" else judge],
        )
    line = axes.axhline(found.chance, color=palette.MUTED.on(dark), linewidth=1, linestyle=":")
    line.set_label(f"{texts['chance']}, {percent(found.chance, texts)}")
    axes.set_xticks(range(len(columns)), [name for name, _ in columns])
    axes.set_xlim(-0.5, max(len(columns), 1) - 0.5)
    axes.set_ylim(-0.04, 1.04)
    axes.set_yticks([0, 0.5, 1], [percent(share, texts) for share in (0, 0.5, 1)])
    title(axes, f"{texts['accuracy']} · {_counted(found.n_rounds, texts)}", dark)
    _legend(axes, texts, dark)


def _columns(found: Tally, texts: Texts, people: str) -> list[tuple[str, Accuracies]]:
    """Return all rounds and each mood; only all, one column a judge, where moods came once."""
    if found.n_rounds <= len(found.moods):
        names = {judge: texts[people if judge == "people" else judge] for judge in found.judges}
        return [(names[judge], {judge: found.accuracy[judge]}) for judge in found.judges]
    moods = [(mood_name(mood, texts), each) for mood, each in found.by_mood.items()]
    return [(texts["all_moods"], found.accuracy), *moods]


def _whiskers(accuracies: list[Accuracy], judge: Judge) -> NDArray[np.float64] | None:
    """Return distances to both ends of the intervals, ``(2, n)``; words alone never vary."""
    if judge == "words":
        return None
    ends = np.array([accuracy.interval for accuracy in accuracies]).reshape(-1, 2).T
    share = np.array([accuracy.share for accuracy in accuracies])
    return np.maximum([share - ends[0], ends[1] - share], 0)


def _judge_colour(judge: Judge, dark: bool) -> str:
    shades = {"words": palette.MUTED, "voice": palette.ACCENT, "people": palette.INK}
    return shades[judge].on(dark)


def _legend(axes: Axes, texts: Texts, dark: bool) -> None:
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.14),
        ncols=4,
        frameon=False,
        fontsize=8,
        labelcolor=palette.INK.on(dark),
        title=textwrap.fill(texts["interval_note"], NOTE_WIDTH),
        title_fontsize=7,
    ).get_title().set_color(palette.MUTED.on(dark))


def _counted(n_rounds: int, texts: Texts) -> str:
    return texts["n_round"] if n_rounds == 1 else texts["n_rounds"].format(count=n_rounds)
