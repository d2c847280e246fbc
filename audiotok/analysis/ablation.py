"""Ablation: the verdict without one layer of the codec, or without the words.

What is left out is replaced by the mask token in the sequence and not counted by the bag of tokens,
as in occlusion, which leaves out moments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.counterfactual import effects_of, encodings_of, require_voice
from audiotok.analysis.export import Record, by_label
from audiotok.analysis.verdict import has_words
from audiotok.classifier import Classifier
from audiotok.prediction import Prediction

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ablation:
    """What each label's probability loses without a layer of the codec, and without the words.

    Effects are positive where the part speaks for the label.

    Attributes
    ----------
    layers : 1-based layers of the codec that were left out, one by one.
    by_layer : effects, shape ``(len(layers), n_labels)``.
    words : effects of the words, shape ``(n_labels,)``; None where there are none.
    n_seeds : how many seeds were asked.
    """

    labels: tuple[str, ...]
    layers: tuple[int, ...]
    by_layer: Array
    words: Array | None
    n_seeds: int


def ablation(
    classifier: Classifier, prediction: Prediction, *, all_seeds: bool = False
) -> Ablation:
    """Leave out one layer after the other, and the words, in one forward pass.

    Parameters
    ----------
    all_seeds : whether to ask all seeds, which takes as many times longer, or the one nearest to
        their mean.

    Raises
    ------
    AudiotokError
        When nothing of the voice is read or counted.
    """
    require_voice(prediction)
    encodings = encodings_of(classifier, prediction)
    layers = layers_heard(prediction)
    changed = [[e.without_layer(layer, classifier.mask_id) for e in encodings] for layer in layers]
    if has_words(prediction):
        changed.append(encodings_of(classifier, prediction, text=""))
    effects, _, n_seeds = effects_of(
        classifier, prediction, [encodings, *changed], all_seeds=all_seeds
    )
    return Ablation(
        labels=prediction.labels,
        layers=layers,
        by_layer=effects[: len(layers)],
        words=effects[-1] if has_words(prediction) else None,
        n_seeds=n_seeds,
    )


def layers_heard(prediction: Prediction) -> tuple[int, ...]:
    """Return the 1-based layers of the codec that the classifier reads or counts."""
    if prediction.n_counted:
        return tuple(range(1, len(prediction.codes) + 1))
    return prediction.vocabulary.layers


def ablation_record(found: Ablation) -> Record:
    """Return the effects in types of JSON."""
    return {
        "layers": [
            {"layer": layer, "effect": by_label(found.labels, effect)}
            for layer, effect in zip(found.layers, found.by_layer, strict=True)
        ],
        "words": None if found.words is None else by_label(found.labels, found.words),
    }
