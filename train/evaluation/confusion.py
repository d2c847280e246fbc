"""Confusion matrix figures for the model card."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from audiotok.errors import DataError
from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure, render, title
from train.evaluation.metrics import Counts

CELL_IN = 0.72
SHADES = LinearSegmentedColormap.from_list(
    "shares", [palette.GROUND.light, palette.ACCENT.light], N=256
)
STRONGEST = 0.7  # of the accent, so that ink stays readable on a full cell


def picture_name(corpus: str) -> str:
    """Return the file name of a corpus's figure, of characters safe in files and links."""
    return f"confusion_{re.sub(r'[^A-Za-z0-9_-]+', '_', corpus)}.png"


def confusion_picture(
    counts: Counts | Sequence[Sequence[int]], labels: Sequence[str], corpus: str
) -> bytes:
    """Return ``confusion_figure`` as PNG bytes."""
    return render(confusion_figure(counts, labels, corpus), "png")


def confusion_figure(
    counts: Counts | Sequence[Sequence[int]], labels: Sequence[str], corpus: str
) -> Figure:
    """Draw a confusion matrix with counts and row shares; cells are coloured by row share.

    Parameters
    ----------
    counts : shape ``(n_labels, n_labels)``, rows are the truth. Labels that are never true have no
        row; all have a column.
    corpus : named in the title.

    Raises
    ------
    DataError
        When the counts do not fit the labels, or count nothing.
    """
    counts = np.asarray(counts)
    if counts.shape != (len(labels), len(labels)):
        raise DataError(f"{len(labels)} labels need as many rows and columns, not {counts.shape}.")
    if not counts.any():
        raise DataError(f"No clip of {corpus} has exactly one label, so nothing can be confused.")
    occurs = counts.sum(axis=1) > 0
    rows = counts[occurs]
    n_true = rows.sum(axis=1)
    figure = new_figure(
        max(4.2, 1.7 + CELL_IN * len(labels)), 1.3 + CELL_IN * len(rows), dark=False
    )
    axes = figure.subplots()
    calm(axes, dark=False)
    title(axes, f"{corpus}, n = {n_true.sum()}: meant and heard", dark=False)
    shares = rows / n_true[:, None]
    axes.imshow(shares, cmap=SHADES, alpha=STRONGEST, vmin=0, vmax=1, aspect="auto")
    _write_cells(axes, rows, shares)
    _frame_hits(axes, np.flatnonzero(occurs))
    names = [label for label, kept in zip(labels, occurs, strict=True) if kept]
    _name_axes(axes, [f"{name}\nn = {n}" for name, n in zip(names, n_true, strict=True)], labels)
    return figure


def _write_cells(axes: Axes, rows: Counts, shares: np.ndarray) -> None:
    ink = palette.INK.light
    for (y, x), count in np.ndenumerate(rows):
        if not count:
            axes.text(x, y, "·", ha="center", va="center", color=palette.MUTED.light)
            continue
        axes.text(x, y - 0.1, str(count), ha="center", va="center", fontsize=11, color=ink)
        share = f"{shares[y, x]:.0%}".replace("%", " %")
        axes.text(x, y + 0.2, share, ha="center", va="center", fontsize=7.5, color=ink)


def _frame_hits(axes: Axes, columns: np.ndarray) -> None:
    for y, x in enumerate(columns):
        frame = Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, fill=False, linewidth=1.2)
        frame.set_edgecolor(palette.INK.light)
        axes.add_patch(frame)


def _name_axes(axes: Axes, truths: Sequence[str], answers: Sequence[str]) -> None:
    axes.set_yticks(range(len(truths)), truths)
    axes.set_xticks(range(len(answers)), answers)
    for text in (*axes.get_yticklabels(), *axes.get_xticklabels()):
        text.set_parse_math(False)  # a label may be named with dollar signs
    axes.set_ylabel("meant", fontsize=9)
    axes.set_xlabel("heard (largest probability)", fontsize=9, color=palette.INK.light)
    axes.spines["left"].set_visible(False)
    axes.set_xticks(np.arange(len(answers) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(truths) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=palette.GROUND.light, linewidth=1.5)
    axes.tick_params(which="minor", length=0)
