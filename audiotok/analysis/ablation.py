"""Ablation: the verdict without one layer of the codec, Whisper's encoder, or the words.

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
from audiotok.language import mark, say
from audiotok.prediction import Prediction

Array = NDArray[np.float64]

WHISPER, WORDS = mark("Whisper's encoder"), mark("words")


@dataclass(frozen=True)
class Ablation:
    """What each label's probability loses without a part of what is read.

    Effects are positive where the part speaks for the label.

    Attributes
    ----------
    layers : 1-based layers of the codec that were left out, one by one.
    by_layer : effects, shape ``(len(layers), n_labels)``.
    encoder : effects of what the speech encoder heard, shape ``(n_labels,)``; None where none did.
    words : effects of the words, shape ``(n_labels,)``; None where there are none.
    n_seeds : how many seeds were asked.
    """

    labels: tuple[str, ...]
    layers: tuple[int, ...]
    by_layer: Array
    words: Array | None
    n_seeds: int
    encoder: Array | None = None

    @property
    def parts(self) -> list[tuple[str, Array]]:
        """Name and effects of each part: the layers, then ``WHISPER`` and ``WORDS`` if any."""
        rest = ((WHISPER, self.encoder), (WORDS, self.words))
        layers = zip(self.layers, self.by_layer, strict=True)
        named = [(f"layer {layer}", effects) for layer, effects in layers]
        return named + [(name, effects) for name, effects in rest if effects is not None]


def ablation(
    classifier: Classifier, prediction: Prediction, *, all_seeds: bool = False
) -> Ablation:
    """Leave out one layer after the other, the speech encoder and the words, in one pass.

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
    if prediction.frame_logits is not None:
        changed.append([e.without_probe() for e in encodings])
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
        encoder=effects[len(layers)] if prediction.frame_logits is not None else None,
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
        "encoder": None if found.encoder is None else by_label(found.labels, found.encoder),
        "words": None if found.words is None else by_label(found.labels, found.words),
    }


def parts_heard(prediction: Prediction) -> list[str]:
    """Return the names of ``Ablation.parts`` before anything is left out."""
    rest = ((WHISPER, prediction.frame_logits is not None), (WORDS, has_words(prediction)))
    return [f"layer {layer}" for layer in layers_heard(prediction)] + [
        n for n, is_there in rest if is_there
    ]


def part_name(name: str) -> str:
    """Return the name of a part in the reader's language."""
    if name.startswith("layer "):
        return say("layer {which}", which=name.removeprefix("layer "))
    return say(name)
