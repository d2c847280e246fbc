"""Figure of the token stream: waveform and pitch above a grid of layers and frames."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FixedLocator, NullLocator

from audiotok.analysis.export import Record
from audiotok.analysis.spectrogram import TICKS_HZ, place_of, spectrogram_levels
from audiotok.analysis.stream import stream_record
from audiotok.analysis.verdict import label_name
from audiotok.language import say
from audiotok.plots import palette
from audiotok.plots.figure import calm, new_figure
from audiotok.prediction import Prediction

PITCH_TICKS_HZ = (75, 100, 150, 200, 300, 400)
NARROWEST_MARK = 1 / 400  # of the figure's width, so that a token of a long clip is still seen
GOLDEN = 0.618034


def stream_figure(
    prediction: Prediction, dark: bool = False, *, spectrogram: bool = False
) -> Figure:
    """Draw waveform, pitch and tokens of a clip; the width grows with its duration.

    Parameters
    ----------
    spectrogram : whether to draw that behind the pitch, instead of the waveform.
    """
    record = stream_record(prediction)
    width_in = float(np.clip(2.0 + 1.0 * record["duration_s"], 9.0, 30.0))
    figure = new_figure(width_in, 4.4, dark)
    wave, grid = figure.subplots(2, sharex=True, height_ratios=(5, 6))
    for axes in (wave, grid):
        calm(axes, dark)
    if spectrogram:
        _draw_spectrogram(wave, prediction, dark)
    else:
        _draw_waveform(wave, record, dark)
    _draw_words(wave, record, dark)
    _draw_pitch(wave, record, dark)
    _draw_codes(grid, record, dark)
    _draw_selected(grid, record, dark)
    grid.set_xlim(0, len(record["codes"][0]) * record["frame_s"])
    grid.set_xlabel(say("time, s"), color=palette.INK.on(dark), fontsize=9)
    _draw_legend(figure, record, dark)
    return figure


def _draw_waveform(axes: Axes, record: Record, dark: bool) -> None:
    waveform = record["waveform"]
    columns = np.arange(len(waveform["low"])) + 0.5
    times = columns * record["frame_s"] / waveform["columns_per_frame"]
    muted = palette.MUTED.on(dark)
    axes.fill_between(times, waveform["low"], waveform["high"], color=muted, alpha=0.5, lw=0.5)
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _draw_spectrogram(axes: Axes, prediction: Prediction, dark: bool) -> None:
    colours = (palette.GROUND.on(dark), palette.ACCENT.on(dark))
    levels = spectrogram_levels(prediction)
    extent = (0, prediction.n_frames * prediction.frame_s, -1, 1)
    axes.imshow(
        levels,
        cmap=LinearSegmentedColormap.from_list("loudness", colours),
        aspect="auto",
        origin="lower",
        extent=extent,
    )
    axes.set_ylim(-1, 1)
    bands = axes.secondary_yaxis("right")
    bands.set_yticks(
        [2 * place_of(hz) - 1 for hz in TICKS_HZ], [f"{hz / 1000:g} kHz" for hz in TICKS_HZ]
    )
    bands.tick_params(colors=palette.MUTED.on(dark), labelsize=8, length=0)
    bands.spines["right"].set_visible(False)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _draw_words(axes: Axes, record: Record, dark: bool) -> None:
    """Write each word above the time in which it is said."""
    ink, line = palette.INK.on(dark), palette.LINE.on(dark)
    for word in record["words"]:
        axes.hlines(1.1, word["start_s"], word["end_s"] - 0.01, color=line, linewidth=2)
        text = axes.text(word["start_s"], 1.18, word["word"], fontsize=8, color=ink, clip_on=False)
        text.set_parse_math(False)
    if record["words"]:
        axes.set_ylim(axes.get_ylim()[0], 1.4)


def _draw_pitch(axes: Axes, record: Record, dark: bool) -> None:
    pitch = np.array(record["pitch_hz"], dtype=float)  # None becomes NaN: a gap in the line
    if np.isnan(pitch).all():
        return
    ink = palette.INK.on(dark)
    times = (np.arange(len(pitch)) + 0.5) * record["frame_s"]
    over = axes.twinx()
    calm(over, dark)
    over.yaxis.set_ticks_position("left")
    over.yaxis.set_label_position("left")
    over.set_yscale("log")
    over.plot(times, pitch, color=palette.GROUND.on(dark), linewidth=4, solid_capstyle="round")
    over.plot(times, pitch, color=ink, linewidth=1.6, solid_capstyle="round")
    middle = np.sqrt(np.nanmin(pitch) * np.nanmax(pitch))
    over.set_ylim(
        min(np.nanmin(pitch) * 0.9, middle / np.sqrt(2)),
        max(np.nanmax(pitch) * 1.1, middle * np.sqrt(2)),
    )
    over.yaxis.set_major_locator(FixedLocator(PITCH_TICKS_HZ))
    over.yaxis.set_minor_locator(NullLocator())
    over.yaxis.set_major_formatter("{x:.0f}")
    over.set_ylabel(say("pitch, Hz"), color=ink, fontsize=9)


def _draw_codes(axes: Axes, record: Record, dark: bool) -> None:
    """Draw every code in a grey of its own; like the codes' order, the greys mean nothing."""
    codes = np.array(record["codes"])
    n_layers, n_frames = codes.shape
    strength = 0.05 + 0.2 * ((codes * GOLDEN) % 1)
    strength[~np.isin(np.arange(1, n_layers + 1), record["layers"])] *= 0.3
    shades = np.empty((n_layers, n_frames, 4))
    shades[..., :3] = to_rgb(palette.INK.on(dark))
    shades[..., 3] = strength
    extent = (0, n_frames * record["frame_s"], n_layers + 0.5, 0.5)
    axes.imshow(shades, aspect="auto", interpolation="nearest", extent=extent)
    edges = np.arange(n_layers + 1) + 0.5
    axes.hlines(edges, *extent[:2], color=palette.GROUND.on(dark), linewidth=1.5)
    axes.set_yticks(range(1, n_layers + 1), [f"L{layer}" for layer in range(1, n_layers + 1)])
    axes.spines["left"].set_visible(False)


def _draw_selected(axes: Axes, record: Record, dark: bool) -> None:
    """Draw selected tokens, filled where the backbone read them, else faint with an outline."""
    frame_s = record["frame_s"]
    width = max(frame_s, NARROWEST_MARK * len(record["codes"][0]) * frame_s)
    for label, colour in palette.colours_of(record["classes"], dark).items():
        for used in (False, True):
            boxes = [
                Rectangle(
                    (token["start_s"] + (frame_s - width) / 2, token["layer"] - 0.42), width, 0.84
                )
                for token in record["selected"]
                if token["speaks_for"] == label and token["used"] == used
            ]
            face = (colour, 1.0 if used else 0.25)
            marks = PatchCollection(boxes, facecolor=face, edgecolor=colour, linewidth=0.6)
            marks.set_zorder(3 if used else 2)
            axes.add_collection(marks)


def _draw_legend(figure: Figure, record: Record, dark: bool) -> None:
    ink = palette.INK.on(dark)
    classes = [token["speaks_for"] for token in record["selected"]]
    handles: list[Patch | Line2D] = [
        Patch(color=colour, label=f"{label_name(label)} {classes.count(label)}")
        for label, colour in palette.colours_of(record["classes"], dark).items()
    ]
    if not all(token["used"] for token in record["selected"]):
        handles.append(Patch(facecolor=(ink, 0.25), edgecolor=ink, label=say("thinned away")))
    handles.append(Patch(color=ink, alpha=0.15, linewidth=0, label=say("not selected")))
    handles.append(Line2D([], [], color=ink, linewidth=1.6, label=say("pitch")))
    legend = figure.legend(
        handles=handles,
        loc="outside upper left",
        ncols=min(len(handles), 5),
        frameon=False,
        fontsize=9,
        labelcolor=ink,
        handlelength=1.2,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)  # a class may be named with dollar signs
