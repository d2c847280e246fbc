"""Predictions of clips without a reference, and with each choice of a neutral reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audiotok.bundle import TWINS, Twin
from audiotok.classifier import Classifier
from train.evaluation.calibration_fit import predict
from train.evaluation.metrics import Array
from train.method.training_examples import Example, Labelled, View

Choice = Callable[[Labelled], View]


def predict_views(
    classifier: Classifier, items: list[Labelled], choices: list[Choice]
) -> list[dict[Twin, Array]]:
    """Return probabilities by twin, without a reference and then for each choice of one."""
    views = [lambda item: item.views[0], *choices]
    # One item's views follow each other, since they share what they are judged beside.
    examples = [Example(i.record.text, view(i), i.target) for i in items for view in views]
    found = predict(classifier, examples)
    return [{t: found[t][:, n :: len(views)] for t in TWINS} for n in range(len(views))]


def reference_choices(items: Sequence[Labelled]) -> list[Choice]:
    """Return the choices of one relative view an item; empty where no item has a reference.

    An item that has none is heard alone in all of them.
    """
    n_relative = max((len(item.views) - 1 for item in items), default=0)
    return [lambda item, n=n: _relative_view(item, n) for n in range(n_relative)]  # type: ignore[misc]


def _relative_view(item: Labelled, number: int) -> View:
    alone, *relative = item.views
    return relative[number % len(relative)] if relative else alone
