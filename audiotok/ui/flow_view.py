"""Flow through the layers: rollout as a picture, and knock-out as a map of layers by paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.flow import GROUPS, Flow, flow, flow_sentence
from audiotok.analysis.knockout import Knockout, knockout, knockout_sentence
from audiotok.analysis.verdict import has_words, label_name
from audiotok.language import mark, say
from audiotok.ui import answers
from audiotok.ui.analysed import Analysis
from audiotok.ui.deciding_view import chosen_name, label_choice, label_chooser, points
from audiotok.ui.lazy_view import LazyView, Updates
from audiotok.ui.take_along import TakeAlong
from audiotok.ui.templates import render
from audiotok.ui.texts import FLOW, KNOCKOUT, lead
from audiotok.ui.verdict import colour_style

LAYER, HEIGHT = 100, 1_000  # of the drawing, in its own units
NODE = 8  # half the width of a node
GAP = 40  # between groups
SMALLEST_NAMED = 0.005
APART = 0.07  # of the height, at least, from the middle of a name to that of the next
FLATTEST = 0.02  # of probability; the strongest colour stands for at least that


class FlowView(LazyView):
    """Where what the head reads comes from, and what a label loses when attention is cut."""

    name = "flow"
    title = mark("How it flowed")

    def lay_out(self, take_along: TakeAlong) -> None:
        gr.HTML(lead(FLOW), apply_default_css=False)
        self._flow = gr.HTML(elem_id="at-flow", apply_default_css=False)
        take_along.buttons("flow")
        gr.HTML(lead(KNOCKOUT), apply_default_css=False)
        self._label = label_chooser()
        self._knockout = gr.HTML(elem_id="at-knockout", apply_default_css=False)
        take_along.buttons("knockout")

    @property
    def outputs(self) -> list[Any]:
        return [self._flow, self._knockout, self._label]

    @property
    def choosers(self) -> list[Any]:
        return [self._label]

    def choose(self, analysis: Analysis, *chosen: object) -> Analysis:
        return replace(analysis, label=chosen_name(chosen[0]))

    def look(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        prediction = analysis.prediction
        found = analysis.flow or flow(answers.with_attention(self.models, prediction))
        analysis = replace(analysis, flow=found)
        sentence = flow_sentence(found, with_words=has_words(prediction))
        cut = knockout_html(analysis.knockout, analysis.told) if analysis.knockout else ""
        return analysis, [flow_html(found, sentence), cut, label_choice(analysis)]

    @property
    def later(self) -> list[Any]:
        return [self._knockout]

    def finish(self, analysis: Analysis) -> tuple[Analysis, Updates]:
        if not analysis.flow:  # it was refused, and said why
            return analysis, [""]
        prediction = analysis.prediction
        cut = analysis.knockout or knockout(self.models.classifier(prediction.task), prediction)
        return replace(analysis, knockout=cut), [knockout_html(cut, analysis.told)]


@dataclass(frozen=True)
class Ribbon:
    """What a layer carries from one group to another, as an outline of the drawing."""

    source: str
    target: str
    layer: int
    share: float
    outline: str


def flow_html(found: Flow, sentence: str) -> str:
    """Show what each layer carries towards the verdict, and where it came from."""
    tops = _tops(found.held)
    nodes = [
        (name, LAYER * depth, tops[depth, place], HEIGHT * found.held[depth, place])
        for depth in range(found.n_layers + 1)
        for place, name in enumerate(GROUPS)
    ]
    return render(
        "flow.html",
        sentence=sentence,
        n_layers=found.n_layers,
        width=LAYER * found.n_layers,
        height=HEIGHT + 2 * GAP,
        node=NODE,
        ribbons=list(_ribbons(found, tops)),
        nodes=nodes,
        ends=[_end(found, tops, 0), _end(found, tops, found.n_layers)],
        origins=found.origins,
        groups=GROUPS,
    )


def _tops(held: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the upper edge of each node, shape ``(n_layers + 1, 3)``."""
    sizes = HEIGHT * held
    return np.asarray(np.cumsum(sizes, axis=1) - sizes + GAP * np.arange(held.shape[1]))


def _end(found: Flow, tops: NDArray[np.float64], depth: int) -> list[tuple[str, float, float]]:
    """Name, share, and place of the name as a share of the height, of each group at a depth."""
    whole = HEIGHT + 2 * GAP
    named = [
        (name, share, (top + HEIGHT * share / 2) / whole)
        for name, share, top in zip(GROUPS, found.held[depth], tops[depth], strict=True)
        if share >= SMALLEST_NAMED
    ]
    places = apart([middle for *_, middle in named])
    return [(name, share, place) for (name, share, _), place in zip(named, places, strict=True)]


def apart(middles: Sequence[float]) -> list[float]:
    """Move names, from top to bottom, so that none covers another and all stay on the picture."""
    places: list[float] = []
    for middle in middles:
        places.append(max(middle, places[-1] + APART) if places else max(middle, APART / 2))
    lowest = 1 - APART / 2
    for i in reversed(range(len(places))):
        places[i] = min(places[i], lowest)
        lowest = places[i] - APART
    return places


def _ribbons(found: Flow, tops: NDArray[np.float64]) -> Iterator[Ribbon]:
    for layer, carried in enumerate(found.carried):
        leaving, arriving = tops[layer].copy(), tops[layer + 1].copy()
        for source, target in np.ndindex(carried.shape):
            size = HEIGHT * carried[source, target]
            left, right = LAYER * layer + NODE, LAYER * (layer + 1) - NODE
            start, end, middle = leaving[source], arriving[target], LAYER * (layer + 0.5)
            outline = (
                f"M{left},{start:.1f}C{middle},{start:.1f} {middle},{end:.1f} {right},{end:.1f}"
                f"V{end + size:.1f}C{middle},{end + size:.1f} {middle},{start + size:.1f} "
                f"{left},{start + size:.1f}Z"
            )
            share = float(carried[source, target])
            yield Ribbon(GROUPS[source], GROUPS[target], layer + 1, share, outline)
            leaving[source] += size
            arriving[target] += size


def knockout_html(found: Knockout, label: str) -> str:
    """Show what becomes of a label when attention is cut, paths by windows of layers."""
    effects = found.effects[:, :, found.labels.index(label)]
    reach = max(FLATTEST, float(np.abs(found.effects).max(initial=0)))
    names = [str(a) if a == b else f"{a}–{b}" for a, b in found.windows[:-1]]
    return render(
        "knockout.html",
        label=label_name(label),
        sentence=knockout_sentence(found, label),
        windows=[*names, say("all")],
        rows=[
            (path, [(points(-effect), effect, abs(effect) / reach) for effect in row])
            for path, row in zip(found.paths, effects, strict=True)
        ],
        colour=colour_style(label, found.labels),
        n_seeds=found.n_seeds,
    )
