"""Figure of occlusion: effects of steps over the waveform, of layers and of the words."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audiotok.analysis.ablation import Ablation, part_name
from audiotok.analysis.occlusion import Occlusion
from audiotok.analysis.stream import envelope
from audiotok.analysis.verdict import label_name
from audiotok.audio import SAMPLE_RATE
from audiotok.language import number, say
from audiotok.plots import palette
from audiotok.plots.figure import calm, headline, new_figure, title
from audiotok.prediction import Prediction

N_COLUMNS = 600  # of the waveform
FLATTEST = (
    0.02  # half of the height that is always shown, so that noise does not look like an effect
)


def occlusion_figure(
    prediction: Prediction,
    found: Occlusion,
    ablated: Ablation,
    label: str,
    sentence: str = "",
    dark: bool = False,
) -> Figure:
    """Draw how much each step of a clip, each layer and the words speak for the labels.

    Parameters
    ----------
    label : drawn filled; all other labels are thin lines.
    sentence : the title; the label where it is empty.
    """
    figure = new_figure(9.5, 3.9, dark)
    over_time, parts = figure.subplots(1, 2, width_ratios=(7, 3))
    headline(figure, sentence or label_name(label), dark)
    _draw_waveform(over_time, prediction, dark)
    _draw_steps(over_time, found, label, dark)
    _draw_parts(parts, ablated, label, dark)
    return figure


def _draw_waveform(axes: Axes, prediction: Prediction, dark: bool) -> None:
    behind = axes.twinx()
    behind.set_axis_off()
    behind.set_zorder(0)
    axes.set_zorder(1)
    duration_s = prediction.recording.duration_s
    samples = prediction.recording.samples
    low, high = envelope(samples, N_COLUMNS, duration_s * SAMPLE_RATE / N_COLUMNS)
    times = (np.arange(N_COLUMNS) + 0.5) * duration_s / N_COLUMNS
    behind.fill_between(times, low, high, color=palette.LINE.on(dark), lw=0.5)
    behind.set_ylim(-1.05, 1.05)


def _draw_steps(axes: Axes, found: Occlusion, label: str, dark: bool) -> None:
    calm(axes, dark)
    edges = np.append(found.bounds_s[:, 0], found.bounds_s[-1, 1])
    colours = palette.colours_of(found.labels, dark)
    for place, name in enumerate(found.labels):
        effects = found.steps[:, place]
        if name == label:
            axes.stairs(
                effects, edges, fill=True, color=colours[name], alpha=0.8, label=label_name(name)
            )
        else:
            axes.stairs(effects, edges, color=colours[name], linewidth=1.2, label=label_name(name))
    axes.axhline(0, color=palette.MUTED.on(dark), linewidth=0.8)
    reach = max(FLATTEST, float(np.abs(found.steps).max(initial=0)) * 1.1)
    axes.set_ylim(-reach, reach)
    axes.set_xlim(0, edges[-1])
    axes.yaxis.set_major_formatter(_points)
    axes.set_xlabel(say("seconds"), fontsize=8, color=palette.MUTED.on(dark))
    title(axes, say("Points lost without this moment"), dark)
    legend = axes.figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower left",
        ncols=min(len(found.labels), 6),
        frameon=False,
        fontsize=8,
        labelcolor=palette.INK.on(dark),
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _draw_parts(axes: Axes, found: Ablation, label: str, dark: bool) -> None:
    calm(axes, dark)
    place = found.labels.index(label)
    names = [part_name(name) for name, _ in found.parts]
    effects = [float(of_labels[place]) for _, of_labels in found.parts]
    axes.barh(range(len(names)), effects, 0.7, color=palette.colours_of(found.labels, dark)[label])
    axes.axvline(0, color=palette.MUTED.on(dark), linewidth=0.8)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    margin = max(FLATTEST, 1.15 * float(np.abs(effects).max())) / 4
    axes.set_xlim(min(-margin, 1.15 * min(effects)), max(margin, 1.15 * max(effects)))
    axes.xaxis.set_major_formatter(_points)
    axes.locator_params(axis="x", nbins=4)
    title(axes, say("{label}: without a part", label=label_name(label)), dark)


def _points(value: float, _: object = None) -> str:
    return number(100 * value, "+.3g").replace("-", "−") if value else "0"
