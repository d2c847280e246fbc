"""What a shown probability is the sum of: exact additive parts of its log-odds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.export import Record
from audiotok.analysis.verdict import label_name
from audiotok.calibration import NEUTRAL, logits_of, probabilities_of
from audiotok.errors import AudiotokError
from audiotok.language import mark, number, say
from audiotok.prediction import Prediction, Summands

Array = NDArray[np.float64]

# In the order of the waterfall: what is always there, then the words, then the voice.
NAMES = {
    "constants": mark("starting point"),
    "words": mark("words, read alone"),
    "verdict_of_words": mark("verdict of the words"),
    "voice": mark("voice, read with the words"),
    "bag_of_tokens": mark("voice, tokens counted"),
    "encoder_probe": mark("voice, as Whisper hears it"),
    "rivals": mark("other labels"),
    "averaging": mark("averaging over seeds"),
}
PHRASES = {
    "words": mark("the words, read alone"),
    "verdict_of_words": mark("the verdict of the words"),
    "voice": mark("the voice, read with the words"),
    "bag_of_tokens": mark("how often each token of the voice sounds"),
    "encoder_probe": mark("the voice, as Whisper's encoder hears it"),
}
NOT_SAID = ("constants", "rivals", "averaging")  # in the sentence
NOTEWORTHY = 0.1  # log-odds; 2.5 percentage points at a probability of one half


@dataclass(frozen=True)
class Contributions:
    """Parts of each label's log-odds, which add up to those of the shown probability.

    Attributes
    ----------
    parts : by a key of ``NAMES``, in natural log-odds, each of shape ``(n_labels,)``.
    probabilities : what is shown, the sigmoid of the sum of the parts, shape ``(n_labels,)``.
    """

    labels: tuple[str, ...]
    parts: dict[str, Array]
    probabilities: Array

    @property
    def log_odds(self) -> Array:
        """Sum of the parts, shape ``(n_labels,)``."""
        return np.sum(list(self.parts.values()), axis=0)

    def of(self, label: str) -> dict[str, float]:
        """Return the parts of one label; raises AudiotokError where there is no such label."""
        if label not in self.labels:
            raise _no_such_label(label, self.labels)
        place = self.labels.index(label)
        return {name: float(values[place]) for name, values in self.parts.items()}


def contributions(prediction: Prediction) -> Contributions:
    """Take the log-odds of each label's probability apart into terms that add up exactly.

    For labels that exclude each other, a term counts less its mean over the other labels, each
    weighted by its share of their probability; ``rivals`` is what then remains, minus the entropy
    of these shares. ``averaging`` is the difference between the log-odds of the mean probability
    over seeds and the mean of the log-odds.

    Raises
    ------
    AudiotokError
        When the prediction holds no terms.
    """
    summands = prediction.summands
    if summands is None:
        raise AudiotokError(
            say("This prediction does not say what its probabilities are sums of; predict again.")
        )
    by_seed = dict(summands.terms) if summands.multi_label else _against_rivals(summands)
    parts = {name: by_seed[name].mean(axis=0) for name in NAMES if name in by_seed}
    shown = prediction.text_audio.mean
    parts["averaging"] = logits_of(shown, multi_label=True) - np.sum(list(parts.values()), axis=0)
    return Contributions(prediction.labels, parts, shown)


def _against_rivals(summands: Summands) -> dict[str, Array]:
    """Return terms of the log-odds of softmax probabilities, each ``(n_seeds, n_labels)``."""
    total = np.sum(list(summands.terms.values()), axis=0)
    n_labels = total.shape[-1]
    # Shares of the other labels: [seed, label, other], zero for the label itself.
    others = np.where(np.eye(n_labels, dtype=bool), -np.inf, total[:, None, :])
    shares = probabilities_of(others, multi_label=False)
    terms = {
        name: term - np.einsum("slo,so->sl", shares, term) for name, term in summands.terms.items()
    }
    entropy = -np.sum(shares * np.log(np.where(shares > 0, shares, 1.0)), axis=-1)
    return terms | {"rivals": -entropy}


def told_label(prediction: Prediction) -> str:
    """Return the verdict, or the most probable label where the verdict is neutral."""
    verdict = prediction.verdict_text_audio
    if verdict in prediction.labels and verdict != NEUTRAL:
        return verdict
    return prediction.labels[int(prediction.text_audio.mean.argmax())]


def chosen_label(prediction: Prediction, label: str | None) -> str:
    """Return the label that is asked about, ``told_label`` where it is empty.

    Raises
    ------
    AudiotokError
        When there is no such label.
    """
    if not label:
        return told_label(prediction)
    if label not in prediction.labels:
        raise _no_such_label(label, prediction.labels)
    return label


def contributions_sentence(found: Contributions, label: str, *, with_words: bool = True) -> str:
    """Return one sentence on what speaks most for a label and what against it.

    Parameters
    ----------
    with_words : whether words were given; without them their parts say nothing.
    """
    unsaid = NOT_SAID if with_words else (*NOT_SAID, "words", "verdict_of_words")
    parts = {name: value for name, value in found.of(label).items() if name not in unsaid}
    strongest = max(parts, key=lambda name: parts[name])
    weakest = min(parts, key=lambda name: parts[name])
    probability = found.probabilities[found.labels.index(label)]
    named = f"{label_name(label)} ({number(probability, '.0%')})"
    speaks_for, speaks_against = parts[strongest] > NOTEWORTHY, parts[weakest] < -NOTEWORTHY
    most = f"{say(PHRASES[strongest])} ({_signed(parts[strongest])})"
    least = f"{say(PHRASES[weakest])} ({_signed(parts[weakest])})"
    if speaks_for and speaks_against:
        return say(
            "Most for {named}: {most}; most against it: {least}.",
            named=named,
            most=most,
            least=least,
        )
    if speaks_for:
        return say("Most for {named}: {most}.", named=named, most=most)
    if speaks_against:
        return say("Most against {named}: {least}.", named=named, least=least)
    return say("Neither words nor voice move {named} from where it starts.", named=named)


def contributions_record(found: Contributions, sentence: str) -> Record:
    """Return the parts by label, in types of JSON."""
    return {
        "unit": "natural log-odds",
        "names": {name: NAMES[name] for name in found.parts},
        "labels": [
            {
                "label": label,
                "probability": float(found.probabilities[place]),
                "log_odds": float(found.log_odds[place]),
                "parts": found.of(label),
            }
            for place, label in enumerate(found.labels)
        ],
        "sentence": sentence,
    }


def _no_such_label(label: str, labels: tuple[str, ...]) -> AudiotokError:
    return AudiotokError(
        say(
            "There is no label '{label}'; there is {labels}.",
            label=label[:40],
            labels=", ".join(labels),
        )
    )


def _signed(value: float) -> str:
    return number(value, "+.1f").replace("-", "−")
