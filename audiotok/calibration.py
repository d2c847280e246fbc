"""From logits to probabilities (Platt 1999) and from probabilities to a verdict.

The classifier applies these functions, and the fit on validation data searches their parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Array = NDArray[np.float64]

NEUTRAL = "neutral"
LINEAR_READERS = ("bag_of_tokens", "encoder_probe")  # beside the language model


class Calibration(BaseModel):
    """Parameters of ``calibrated``; the defaults leave logits as they are.

    Attributes
    ----------
    scale, shift : the logits are multiplied by ``scale``, then ``shift`` is added to each.
    words : weight of ``words`` in ``evidence``; text+audio only.
    bag_of_tokens : weight of ``bag_of_tokens`` in ``evidence``; text+audio only.
    encoder_probe : weight of ``encoder_probe`` in ``evidence``; text+audio only.
    """

    model_config = ConfigDict(extra="forbid")

    scale: float = 1.0
    shift: float = 0.0
    words: float = 0.0
    bag_of_tokens: float = 0.0
    encoder_probe: float = 0.0


@dataclass(frozen=True)
class DecisionRule:
    """From probabilities to a verdict: a label or *neutral*.

    Attributes
    ----------
    thresholds : one a label, or none at all where one of the labels always holds.
    """

    labels: tuple[str, ...]
    thresholds: tuple[float, ...] = ()

    def verdict(self, probabilities: Array) -> str:
        """Return the label with the highest probability among those at or above their threshold.

        Where none is, return ``"neutral"``.

        Parameters
        ----------
        probabilities : shape ``(n_labels,)``.
        """
        one_hot = self.said(probabilities)
        return self.labels[int(one_hot.argmax())] if one_hot.any() else NEUTRAL

    def said(self, probabilities: Array) -> NDArray[np.bool_]:
        """Return verdicts one-hot encoded, all False where the verdict is *neutral*.

        Parameters
        ----------
        probabilities : shape ``(..., n_labels)``, which is also that of the result.
        """
        passing = probabilities >= np.array(self.thresholds or 0.0)
        first = np.where(passing, probabilities, -1.0).argmax(axis=-1)
        return passing & (np.arange(probabilities.shape[-1]) == first[..., None])


def calibrated(
    logits: Array, calibration: Calibration, evidence: Mapping[str, Array], *, multi_label: bool
) -> Array:
    """Return the probabilities of ``scale · logits + shift + Σ weight · evidence``.

    Parameters
    ----------
    logits : shape ``(n_seeds, n_examples, n_labels)``, which is also that of the result.
    evidence : what is added to the logits, by the name of its weight in ``calibration``; each
        broadcasts to the shape of ``logits``.
    """
    total = calibration.scale * logits + calibration.shift
    for name, values in evidence.items():
        total = total + getattr(calibration, name) * values
    return probabilities_of(total, multi_label=multi_label)


def summands_of(
    logits: Mapping[str, Array], calibration: Calibration, evidence: Mapping[str, Array]
) -> dict[str, Array]:
    """Return the terms whose sum is the calibrated logit of the text+audio twin.

    ``words`` are the logits of the text-only twin, ``voice`` is what the text+audio twin adds to
    them, both scaled; ``verdict_of_words``, ``bag_of_tokens`` and ``encoder_probe`` are evidence
    beside the language model; ``constants`` is the shift.

    Parameters
    ----------
    logits : ``text_only`` and ``text_audio``, shape ``(n_seeds, n_examples, n_labels)``, which is
        also that of each term.
    calibration : that of the text+audio twin.
    evidence : what ``evidence_beside_voice`` gives.
    """
    text_only, text_audio = logits["text_only"], logits["text_audio"]
    named = {"words": "verdict_of_words"}
    return {
        "constants": np.full_like(text_audio, calibration.shift),
        "words": calibration.scale * text_only,
        "voice": calibration.scale * (text_audio - text_only),
    } | {
        named.get(name, name): np.broadcast_to(
            getattr(calibration, name) * values, text_audio.shape
        )
        for name, values in evidence.items()
    }


def evidence_beside_voice(
    logits: Mapping[str, Array], calibration: Calibration, rule: DecisionRule, *, multi_label: bool
) -> dict[str, Array]:
    """Return the evidence that is added to the logits of the text+audio twin.

    ``words`` is the one-hot verdict of the text-only twin of the same seed: not its probabilities,
    because words that are neutral by the verdict should add nothing. ``bag_of_tokens`` and
    ``encoder_probe`` are the probabilities by these readers, where there are any.

    Parameters
    ----------
    logits : ``text_only``, shape ``(n_seeds, n_examples, n_labels)``, and of each of
        ``LINEAR_READERS`` that there is, shape ``(n_examples, n_labels)``.
    calibration, rule : those of the text-only twin.
    """
    words = calibrated(logits["text_only"], calibration, {}, multi_label=multi_label)
    evidence = {"words": rule.said(words).astype(np.float64)}
    return evidence | {
        name: probabilities_of(logits[name], multi_label=multi_label)
        for name in LINEAR_READERS
        if name in logits
    }


def probabilities_of(logits: Array, *, multi_label: bool) -> Array:
    """Return the sigmoid of logits (multi-label) or their softmax over the last axis."""
    if multi_label:
        return np.asarray(np.exp(-np.logaddexp(0.0, -logits)))
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def logits_of(probabilities: Array, *, multi_label: bool) -> Array:
    """Return logits of probabilities clipped to 1e-9, the inverse of ``probabilities_of``."""
    clipped = np.clip(probabilities, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(clipped) - np.log1p(-clipped) if multi_label else np.log(clipped))
