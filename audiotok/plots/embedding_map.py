"""Figure of the map of embeddings: audio tokens among words, a clip's tokens in full colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from audiotok.analysis.embedding_map import ClipOnMap
from audiotok.analysis.verdict import label_name
from audiotok.language import number, say
from audiotok.plots import palette
from audiotok.plots.figure import calm, headline, new_figure

WIDTH_IN, HEIGHT_IN = 9.0, 7.2
LETTER, LINE = 0.0095, 0.026  # of a label, as shares of the width and height
ROOM = 0.06  # around all places, as a share


def embedding_map_figure(found: ClipOnMap, sentence: str = "", dark: bool = False) -> Figure:
    """Draw the map; tokens that the clip lacks are faint, words are labelled where there is room.

    Parameters
    ----------
    sentence : the title; none where it is empty.
    """
    figure = new_figure(WIDTH_IN, HEIGHT_IN, dark)
    axes = figure.subplots()
    calm(axes, dark)
    axes.spines["left"].set_visible(False)
    axes.set_xticks([])
    axes.set_yticks([])
    if sentence:
        headline(figure, sentence, dark)
    _draw_words(axes, found, dark)
    _draw_tokens(axes, found, dark)
    across, up = (
        say("principal component, {share} of the variance", share=number(share, ".1%"))
        for share in found.map.explained
    )
    axes.set_xlabel(across, fontsize=8, color=palette.MUTED.on(dark))
    axes.set_ylabel(up, fontsize=8, color=palette.MUTED.on(dark))
    return figure


def _draw_words(axes: Axes, found: ClipOnMap, dark: bool) -> None:
    places = np.array([each.at for each in found.map.words]).reshape(-1, 2)
    everything = np.concatenate([places, np.array(found.map.tokens).reshape(-1, 2)])
    low, high = everything.min(axis=0, initial=np.inf), everything.max(axis=0, initial=-np.inf)
    room = ROOM * np.maximum(high - low, 1e-9)
    axes.set_xlim(low[0] - room[0], high[0] + room[0])
    axes.set_ylim(low[1] - room[1], high[1] + room[1])
    axes.scatter(
        places[:, 0], places[:, 1], s=6, color=palette.MUTED.on(dark), alpha=0.35, linewidths=0
    )
    shares = (places - low + room) / (high - low + 2 * room)
    names = [each.word for each in found.map.words]
    for place in labelled(zip(names, shares[:, 0], shares[:, 1], strict=True)):
        text = axes.annotate(
            names[place],
            places[place],
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=7.5,
            va="center",
            color=palette.INK.on(dark),
            zorder=4,
        )
        text.set_parse_math(False)


def labelled(words: Iterable[tuple[str, float, float]]) -> Iterator[int]:
    """Return the places of the words whose labels fit beside those before them.

    Parameters
    ----------
    words : each with where its label begins, as shares of the width and height.
    """
    taken: list[tuple[float, float, float]] = []
    for place, (word, x, y) in enumerate(words):
        end = x + LETTER * (len(word) + 2)
        clear = end <= 1 and all(
            end < first or x > last or abs(y - height) > LINE for first, last, height in taken
        )
        if clear:
            taken.append((x, end, y))
            yield place


def _draw_tokens(axes: Axes, found: ClipOnMap, dark: bool) -> None:
    vocabulary = found.vocabulary
    places = np.array(found.map.tokens).reshape(-1, 2)
    colours = palette.colours_of(vocabulary.classes, dark)
    n_times = np.array([len(starts) for starts in found.starts_s])
    own = [colours[vocabulary.spoken_for[index]] for index in range(len(vocabulary))]
    ground = palette.GROUND.on(dark)
    for there, alpha, edge in ((n_times == 0, 0.3, "none"), (n_times > 0, 1, ground)):
        axes.scatter(
            places[there, 0],
            places[there, 1],
            s=14 + 10 * np.log2(1 + n_times[there]),
            color=[colour for colour, shown in zip(own, there, strict=True) if shown],
            alpha=alpha,
            edgecolors=edge,
            linewidths=0.6,
            zorder=3 if alpha == 1 else 2,
        )
    ink = palette.INK.on(dark)
    shown = [(colours[name], 1.0, label_name(name)) for name in vocabulary.classes]
    handles = [
        Line2D([], [], linestyle="none", marker="o", color=colour, alpha=alpha, label=label)
        for colour, alpha, label in [*shown, (ink, 0.3, say("not in this clip"))]
    ]
    legend = axes.legend(
        handles=handles, frameon=False, labelcolor=ink, fontsize=8, ncols=4, loc="upper center",
        bbox_to_anchor=(0.5, -0.05),
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
