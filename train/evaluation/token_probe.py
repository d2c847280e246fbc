"""Probe of tokens for a task: logistic regression on the histogram of a layer or selection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiotok.vocabulary import Codes
from train.evaluation.markdown import number, table
from train.evaluation.metrics import closed_set_macro_f1
from train.method.bag_of_tokens import bag_model

Clips = tuple[Sequence[Codes], NDArray[np.int64]]
Count = Callable[[Sequence[Codes]], Any]

C = 1e-3  # inverse strength of the L2 penalty


def bag_scores(
    train: Clips, tests: Mapping[str, Clips], count: Count, C: float = C
) -> dict[str, float]:
    """Fit L2 logistic regression on token histograms; return top-1 macro-F1 by test set.

    Parameters
    ----------
    train, tests : codes of clips, each ``(n_layers, n_frames)``, and their targets, zeros and ones
        of shape ``(n_clips, n_labels)``; clips without a label train a class of their own.
    count : function from codes to token counts, ``(n_clips, n_tokens)``.
    C : inverse strength of the penalty.
    """
    codes, targets = train
    model = bag_model(C)
    classes = np.where(targets.any(axis=1), targets.argmax(axis=1), targets.shape[1])
    model.fit(count(codes), classes)
    scores = {}
    for name, (unseen, truth) in tests.items():
        said = np.zeros((len(truth), targets.shape[1] + 1))
        found = model.predict_proba(count(unseen))
        said[:, model.classes_] = found
        scores[name] = closed_set_macro_f1(said[:, :-1], truth)
    return scores


def layer_sets(n_layers: int) -> list[tuple[int, ...]]:
    """Return each layer alone, the first two, all, and all but the first."""
    every = tuple(range(1, n_layers + 1))
    return [*[(layer,) for layer in every], every[:2], every, every[1:]]


def layer_table(rows: dict[tuple[int, ...], dict[str, float]]) -> str:
    """Return scores by layers and test set as Markdown."""
    names = list(next(iter(rows.values())))
    cells = [[title(layers), *(number(s[n]) for n in names)] for layers, s in rows.items()]
    return table(["layers", *names], cells)


def title(layers: Sequence[int]) -> str:
    """Return the name of a range of layers."""
    return str(layers[0]) if len(layers) == 1 else f"{layers[0]} to {layers[-1]}"
