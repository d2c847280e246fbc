"""What all figures share: their ground, their type, and their way to bytes."""

from __future__ import annotations

import io
from typing import Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audiotok.plots import palette

Format = Literal["png", "svg"]
PNG_DPI = 200


def new_figure(width_in: float, height_in: float, dark: bool) -> Figure:
    """Make an empty figure on light or dark ground, outside pyplot and its global state."""
    ground = palette.GROUND.on(dark)
    return Figure(figsize=(width_in, height_in), facecolor=ground, layout="constrained")


def calm(axes: Axes, dark: bool) -> None:
    """Leave an axes its labels and a faint line; take its frame and ticks."""
    axes.set_facecolor("none")
    axes.yaxis.label.set_color(palette.INK.on(dark))
    axes.tick_params(colors=palette.INK.on(dark), length=0, labelsize=9)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "left")
        spine.set_color(palette.LINE.on(dark))


def title(axes: Axes, text: str, dark: bool) -> None:
    """Write a left-aligned title."""
    axes.set_title(
        text, loc="left", fontsize=10, color=palette.INK.on(dark), pad=8, parse_math=False
    )


def render(figure: Figure, format: Format) -> bytes:
    """Give the figure as PNG at 200 dpi or as SVG whose text stays text."""
    out = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "audiotok"}):
        metadata = {"Date": None} if format == "svg" else None
        figure.savefig(out, format=format, dpi=PNG_DPI, metadata=metadata)
    return out.getvalue()
