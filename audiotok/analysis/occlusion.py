"""Occlusion in time (Zeiler & Fergus, ECCV 2014): the verdict without one moment of a clip.

What is left out is replaced by the mask token in the sequence, and not counted by the linear
readers; what the probabilities lose is its effect. Unlike attention this is causal: the classifier
is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.ablation import Ablation
from audiotok.analysis.counterfactual import effects_of, encodings_of, require_voice
from audiotok.analysis.export import Record, as_csv, by_label
from audiotok.analysis.verdict import label_name
from audiotok.classifier import Classifier
from audiotok.errors import AudiotokError
from audiotok.language import say
from audiotok.prediction import Prediction

Array = NDArray[np.float64]

STEP_S = 0.2  # about a syllable
MAX_STEPS = 16  # of a clip; steps of longer clips are longer
MAX_POSITIONS = 4_096  # of all steps together, so that a clip of a minute takes seconds
MIN_STEPS = 8


@dataclass(frozen=True)
class Occlusion:
    """What each label's probability loses when a moment of the clip is left out.

    Effects are positive where the moment speaks for the label.

    Attributes
    ----------
    bounds_s : start and end of each step in seconds, shape ``(n_steps, 2)``; half a step on either
        side is left out with it.
    n_tokens : selected tokens that were read in each step, shape ``(n_steps,)``.
    steps : effects, shape ``(n_steps, n_labels)``.
    baseline : probabilities with everything, by the seeds that were asked, ``(n_labels,)``.
    n_seeds : how many seeds were asked.
    """

    labels: tuple[str, ...]
    bounds_s: Array
    n_tokens: NDArray[np.int64]
    steps: Array
    baseline: Array
    n_seeds: int


def occlusion(
    classifier: Classifier,
    prediction: Prediction,
    step_s: float = STEP_S,
    *,
    all_seeds: bool = False,
) -> Occlusion:
    """Leave out one step of time after the other, in one forward pass.

    Parameters
    ----------
    step_s : duration of a step, longer where a clip would have too many.
    all_seeds : whether to ask all seeds, which takes as many times longer, or the one nearest to
        their mean.

    Raises
    ------
    AudiotokError
        When nothing of the voice is read or counted, or a step is no duration.
    """
    require_voice(prediction)
    bounds = _steps(prediction, step_s)
    encodings = encodings_of(classifier, prediction)
    mask_id = classifier.mask_id
    half = max(1, round((bounds[0, 1] - bounds[0, 0]) / 2))
    changed = [
        [e.without_frames(first - half, end + half, mask_id) for e in encodings]
        for first, end in bounds
    ]
    effects, baseline, n_seeds = effects_of(
        classifier, prediction, [encodings, *changed], all_seeds=all_seeds
    )
    return Occlusion(
        labels=prediction.labels,
        bounds_s=np.minimum(bounds * prediction.frame_s, prediction.recording.duration_s),
        n_tokens=_tokens_in(prediction, bounds),
        steps=effects,
        baseline=baseline,
        n_seeds=n_seeds,
    )


def _steps(prediction: Prediction, step_s: float) -> NDArray[np.int64]:
    """Return first frame and the frame after the last of each step, shape ``(n_steps, 2)``."""
    if not 0 < step_s < np.inf:
        raise AudiotokError(f"A step lasts some seconds, such as {STEP_S}, not {step_s}.")
    n_frames = prediction.n_frames
    affordable = MAX_POSITIONS // len(prediction.sequence.tokens)
    shortest = int(np.ceil(n_frames / np.clip(affordable, MIN_STEPS, MAX_STEPS)))
    n_in_step = min(max(round(min(step_s / prediction.frame_s, n_frames)), shortest, 1), n_frames)
    firsts = np.arange(0, n_frames, n_in_step)
    if len(firsts) > 1 and n_frames - firsts[-1] < n_in_step / 2:
        firsts = firsts[:-1]  # what is left over goes with the step before it
    return np.stack([firsts, np.append(firsts[1:], n_frames)], axis=1)


def _tokens_in(prediction: Prediction, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    heard = [token.occurrence for token in prediction.sequence.tokens if token.occurrence]
    return np.array(
        [sum(each.frame < end and each.end > first for each in heard) for first, end in bounds]
    )


def strongest_step(found: Occlusion, label: str) -> tuple[float, float, float]:
    """Return start and end, in seconds, and effect of the step that speaks most for a label."""
    effects = found.steps[:, found.labels.index(label)]
    place = int(effects.argmax())
    start_s, end_s = found.bounds_s[place]
    return float(start_s), float(end_s), float(effects[place])


def occlusion_sentence(found: Occlusion, label: str) -> str:
    """Return one sentence on the step without which a label loses most."""
    start_s, end_s, effect = strongest_step(found, label)
    before = float(found.baseline[found.labels.index(label)])
    if effect < 0.005:
        return say(
            "No single step of the voice carries {label}: without any of them it stays.",
            label=label_name(label),
        )
    return say(
        "The {ms:.0f} ms from {start:.2f} s on do most for {label}: without them, and what borders "
        "on them, it falls from {before:.0%} to {after:.0%}.",
        ms=1000 * (end_s - start_s),
        start=start_s,
        label=label_name(label),
        before=before,
        after=before - effect,
    )


def occlusion_record(found: Occlusion, sentence: str) -> Record:
    """Return the effects in types of JSON."""
    return {
        "labels": list(found.labels),
        "baseline": by_label(found.labels, found.baseline),
        "n_seeds": found.n_seeds,
        "steps": [
            {
                "start_s": float(start_s),
                "end_s": float(end_s),
                "n_tokens": int(n_tokens),
                "effect": by_label(found.labels, effect),
            }
            for (start_s, end_s), n_tokens, effect in zip(
                found.bounds_s, found.n_tokens, found.steps, strict=True
            )
        ],
        "sentence": sentence,
    }


def occlusion_csv(found: Occlusion, ablated: Ablation) -> str:
    """Return a CSV of the effects: one row a step, then one a part."""
    header = ["left_out", "start_s", "end_s", *(f"effect_{label}" for label in found.labels)]
    rows: list[list[object]] = [
        ["step", round(float(start_s), 6), round(float(end_s), 6), *np.round(effect, 6)]
        for (start_s, end_s), effect in zip(found.bounds_s, found.steps, strict=True)
    ]
    rows += [[name, "", "", *np.round(effect, 6)] for name, effect in ablated.parts]
    return as_csv(header, rows)
