"""Attention knock-out: what the probabilities lose when attention between two parts is cut.

Geva et al. (EMNLP 2023) cut attention in windows of layers to find where information passes; Zhang
et al. (CVPR 2025) do so between the parts of multimodal input. Unlike attention itself and rollout
this is causal: the classifier is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.counterfactual import effects_of, encodings_of
from audiotok.analysis.export import Record, as_csv, by_label
from audiotok.analysis.verdict import label_name
from audiotok.classifier import Classifier
from audiotok.errors import AudiotokError
from audiotok.language import mark, say
from audiotok.prediction import Prediction
from audiotok.sequence import Block, TokenSequence

Array = NDArray[np.float64]

PATHS = (mark("voice to words"), mark("voice to what is read"), mark("words to voice"))
WINDOW_SHARE = 5  # Geva et al.: 9 of 48 layers
LONG = 400  # positions from which on windows are wider and fewer: a clip of a minute takes seconds


@dataclass(frozen=True)
class Knockout:
    """What each label's probability loses when attention along a path is cut.

    Effects are positive where the path speaks for the label.

    Attributes
    ----------
    paths : those of ``PATHS`` that the utterance has.
    windows : first and last layer, 1-based, of each window in which attention was cut; the last
        one is all layers.
    effects : shape ``(n_paths, n_windows, n_labels)``.
    baseline : probabilities with all attention, by the seeds that were asked, ``(n_labels,)``.
    n_seeds : how many seeds were asked.
    """

    labels: tuple[str, ...]
    paths: tuple[str, ...]
    windows: tuple[tuple[int, int], ...]
    effects: Array
    baseline: Array
    n_seeds: int


def knockout(
    classifier: Classifier,
    prediction: Prediction,
    window: int | None = None,
    *,
    all_seeds: bool = False,
) -> Knockout:
    """Cut attention from voice to words, voice to the positions read, and words to voice.

    Each path is cut in each window of layers, then in all, in one forward pass. What is read is the
    last position of a decoder; of an encoder, whose head reads the mean of all positions, it is the
    markers. Words come before the voice, so in a decoder nothing goes from the voice to them. The
    bag of tokens is heard as before.

    Parameters
    ----------
    window : number of layers; None takes a fifth of all, around each layer, and for a long
        sequence twice as many, side by side.
    all_seeds : whether to ask all seeds, or the one nearest to their mean.

    Raises
    ------
    AudiotokError
        When there are no tokens of the voice, no window of that size, or attention cannot be cut
        in the backbone.
    """
    if not prediction.n_used:
        raise AudiotokError(
            say(
                "None of the selected tokens sounds in this clip, so no attention goes to the "
                "voice."
            )
        )
    is_long = len(prediction.sequence.tokens) >= LONG
    windows = _windows(classifier.reader.n_layers, window, side_by_side=is_long)
    encodings = encodings_of(classifier, prediction)
    reads_last = classifier.reader.reads_last_position
    paths = tuple(path for path in PATHS if _ends(prediction.sequence, path, reads_last))
    changed = []
    for path in paths:
        for first, last in windows:
            layers = tuple(range(first, last + 1))
            changed.append(
                [
                    replace(each, sequence=_cut(each.sequence, path, layers, reads_last))
                    for each in encodings
                ]
            )
    effects, baseline, n_seeds = effects_of(
        classifier, prediction, [encodings, *changed], all_seeds=all_seeds
    )
    return Knockout(
        labels=prediction.labels,
        paths=paths,
        windows=windows,
        effects=effects.reshape(len(paths), len(windows), -1),
        baseline=baseline,
        n_seeds=n_seeds,
    )


def _windows(
    n_layers: int, window: int | None, *, side_by_side: bool
) -> tuple[tuple[int, int], ...]:
    """Return windows of layers, 1-based, and in the end all of them.

    They are around each layer, cut off at the first and last one, or, by default for long
    sequences, side by side.
    """
    if window is None and side_by_side:
        size = min(max(1, n_layers // 2), 2 * max(1, n_layers // WINDOW_SHARE))
        starts = range(1, n_layers + 1, size)
        return (*((first, min(n_layers, first + size - 1)) for first in starts), (1, n_layers))
    size = max(1, n_layers // WINDOW_SHARE) if window is None else window
    if not 1 <= size <= n_layers:
        raise AudiotokError(f"A window has 1 to {n_layers} layers of this backbone, not {size}.")
    before = (size - 1) // 2
    centred = (
        (max(1, layer - before), min(n_layers, layer - before + size - 1))
        for layer in range(1, n_layers + 1)
    )
    return (*centred, (1, n_layers))


def _ends(
    sequence: TokenSequence, path: str, reads_last: bool
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Return the queries and keys of a path; None where the utterance has no such path."""
    words, voice = sequence.text_positions, sequence.audio_positions
    n_positions = len(sequence.tokens)
    read = {n_positions - 1} if reads_last else set(range(n_positions)) - {*words, *voice}
    queries, keys = {
        "voice to words": (words, voice),
        "voice to what is read": (tuple(sorted(read)), voice),
        "words to voice": (voice, words),
    }[path]
    if not queries or not keys or (reads_last and max(queries) < min(keys)):
        return None  # decoders see nothing that comes later
    return queries, keys


def _cut(
    sequence: TokenSequence, path: str, layers: tuple[int, ...], reads_last: bool
) -> TokenSequence:
    ends = _ends(sequence, path, reads_last)
    return replace(sequence, blocks=(Block(*ends, layers),)) if ends else sequence


def knockout_sentence(found: Knockout, label: str) -> str:
    """Return one sentence on the path whose cut in all layers moves a label most."""
    effects = found.effects[:, -1, found.labels.index(label)]
    place = int(np.abs(effects).argmax())
    before = float(found.baseline[found.labels.index(label)])
    if abs(effects[place]) < 0.005:
        return say(
            "No path of attention between words and voice moves {label} alone.",
            label=label_name(label),
        )
    told = (
        mark(
            "With attention cut from {path} in all layers, {label} falls from {before:.0%} to "
            "{after:.0%}."
        )
        if effects[place] > 0
        else mark(
            "With attention cut from {path} in all layers, {label} rises from {before:.0%} to "
            "{after:.0%}."
        )
    )
    return say(
        told,
        path=say(found.paths[place]),
        label=label_name(label),
        before=before,
        after=before - effects[place],
    )


def knockout_record(found: Knockout, sentence: str) -> Record:
    """Return the effects in types of JSON."""
    return {
        "labels": list(found.labels),
        "baseline": by_label(found.labels, found.baseline),
        "n_seeds": found.n_seeds,
        "paths": [
            {
                "cut": path,  # clients take what is called a path for a file
                "windows": [
                    {"first_layer": first, "last_layer": last, "effect": by_label(found.labels, e)}
                    for (first, last), e in zip(found.windows, effects, strict=True)
                ],
            }
            for path, effects in zip(found.paths, found.effects, strict=True)
        ],
        "sentence": sentence,
    }


def knockout_csv(found: Knockout) -> str:
    """Return a CSV of the effects, one row a path and window."""
    header = ["path", "first_layer", "last_layer", *(f"effect_{name}" for name in found.labels)]
    rows = [
        [path, first, last, *np.round(effect, 6)]
        for path, effects in zip(found.paths, found.effects, strict=True)
        for (first, last), effect in zip(found.windows, effects, strict=True)
    ]
    return as_csv(header, rows)
