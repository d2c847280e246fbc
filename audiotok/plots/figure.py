"""Shared by all figures: background, style of axes and titles, and export to PNG and SVG."""

from __future__ import annotations

import io
import textwrap
from typing import Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audiotok.language import number
from audiotok.plots import palette

Format = Literal["png", "svg"]
PNG_DPI = 200
CHARACTERS_PER_INCH = 12  # of a headline


def new_figure(width_in: float, height_in: float, dark: bool) -> Figure:
    """Return an empty figure with a light or dark background, outside pyplot's global state."""
    ground = palette.GROUND.on(dark)
    return Figure(figsize=(width_in, height_in), facecolor=ground, layout="constrained")


def calm(axes: Axes, dark: bool) -> None:
    """Remove the frame and ticks of axes, but for labels and a faint line at the left."""
    axes.set_facecolor("none")
    axes.yaxis.label.set_color(palette.INK.on(dark))
    axes.tick_params(colors=palette.INK.on(dark), length=0, labelsize=9)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "left")
        spine.set_color(palette.LINE.on(dark))


def title(axes: Axes, text: str, dark: bool) -> None:
    """Set a left-aligned title."""
    axes.set_title(
        text, loc="left", fontsize=10, color=palette.INK.on(dark), pad=8, parse_math=False
    )


def headline(figure: Figure, text: str, dark: bool) -> None:
    """Set a left-aligned title above all axes, on as many lines as it takes."""
    width = int(figure.get_figwidth() * CHARACTERS_PER_INCH)
    figure.suptitle(
        textwrap.fill(text, width),
        x=0.01,
        ha="left",
        fontsize=11,
        color=palette.INK.on(dark),
        parse_math=False,
    )


def percentage(value: float, _: object = None) -> str:
    """Return a probability or share as a tick label, such as "2.5 %" or "50 %"."""
    return number(100 * value, ".3g").replace("-", "−") + " %"


def render(figure: Figure, format: Format) -> bytes:
    """Return a figure as PNG at 200 dpi, or as SVG with text as text."""
    out = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "audiotok"}):
        metadata = {"Date": None} if format == "svg" else None
        figure.savefig(out, format=format, dpi=PNG_DPI, metadata=metadata)
    return out.getvalue()
