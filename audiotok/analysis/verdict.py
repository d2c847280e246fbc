"""Compare the text-only and the text+audio verdict: a table of probabilities, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from audiotok.calibration import NEUTRAL
from audiotok.language import mark, say
from audiotok.prediction import Prediction, Scores

NOTEWORTHY_CHANGE = 0.1  # below it the two twins are said to agree
NEARLY = 0.75  # share of its threshold from which a label is worth naming

ADJECTIVES = {
    "happiness": mark("happy"),
    "sadness": mark("sad"),
    "anger": mark("angry"),
    "fear": mark("fearful"),
    "disgust": mark("disgusted"),
    "surprise": mark("surprised"),
    "neutral": mark("neutral"),
    "negative": mark("negative"),
    "positive": mark("positive"),
    "flat": mark("flat"),
}
NAMES = (
    mark("happiness"),
    mark("sadness"),
    mark("anger"),
    mark("fear"),
    mark("disgust"),
    mark("surprise"),
    mark("emotion"),
    mark("sentiment"),
)


@dataclass(frozen=True)
class LabelRow:
    """The probabilities of one label by both twins.

    Attributes
    ----------
    text_only, text_audio : means over seeds.
    text_only_spread, text_audio_spread : standard deviations over seeds.
    text_only_threshold, text_audio_threshold : probability from which the label counts as
        present; None where one of the labels always holds.
    """

    label: str
    text_only: float
    text_only_spread: float
    text_audio: float
    text_audio_spread: float
    text_only_threshold: float | None
    text_audio_threshold: float | None

    @property
    def change(self) -> float:
        """Difference of the probabilities, text+audio less text-only."""
        return self.text_audio - self.text_only


def label_rows(prediction: Prediction) -> tuple[LabelRow, ...]:
    """Return the probabilities of a prediction, one row a label, in the task's order."""
    text_only, text_audio = prediction.text_only, prediction.text_audio
    return tuple(
        LabelRow(
            label=label,
            text_only=float(text_only.mean[i]),
            text_only_spread=float(text_only.spread[i]),
            text_audio=float(text_audio.mean[i]),
            text_audio_spread=float(text_audio.spread[i]),
            text_only_threshold=_threshold(text_only, i),
            text_audio_threshold=_threshold(text_audio, i),
        )
        for i, label in enumerate(prediction.labels)
    )


def _threshold(scores: Scores, index: int) -> float | None:
    return scores.rule.thresholds[index] if scores.rule.thresholds else None


def has_words(prediction: Prediction) -> bool:
    """Return whether the prediction has text; without it, that of text-only is void."""
    return bool(prediction.text.strip())


def adjective(label: str) -> str:
    """Return the adjective of a label, *happy* for happiness, or the label if there is none.

    It is said in the language spoken here, for display only; so is ``label_name``.
    """
    return say(ADJECTIVES[label]) if label in ADJECTIVES else label


def label_name(label: str) -> str:
    """Return a label, or a task, as it is called; what a bundle named itself stays as it is."""
    return say(label) if label in NAMES or label in ADJECTIVES else label


def verdict_sentence(prediction: Prediction) -> str:
    """Return one sentence that compares the text-only verdict with the text+audio one."""
    words = adjective(prediction.verdict_text_only)
    both = adjective(prediction.verdict_text_audio)
    if not has_words(prediction):
        return say("The voice alone sounds {both}.", both=both)
    if words != both:
        return say(
            "The words alone read {words}; the voice makes it {both}.", words=words, both=both
        )
    return _agreement(prediction, words)


def _agreement(prediction: Prediction, words: str) -> str:
    verdict = prediction.verdict_text_audio
    if verdict == NEUTRAL and (label := _label_near_threshold(prediction)):
        return say(
            "The words alone read {words}, and the voice leans towards {label}.",
            words=words,
            label=label_name(label),
        )
    change = next((row.change for row in label_rows(prediction) if row.label == verdict), 0.0)
    if change >= NOTEWORTHY_CHANGE:
        return say("The words alone read {words}, and the voice makes that surer.", words=words)
    if change <= -NOTEWORTHY_CHANGE:
        return say("The words alone read {words}, and the voice makes that less sure.", words=words)
    return say("The words alone read {words}, and the voice agrees.", words=words)


def _label_near_threshold(prediction: Prediction) -> str:
    """Return the label that audio raised closest to its threshold, or "" where none is near.

    Near is ``NEARLY`` of the threshold; the probability must be ``NOTEWORTHY_CHANGE`` higher than
    that of text-only.
    """
    share_of_threshold = {
        row.label: row.text_audio / row.text_audio_threshold
        for row in label_rows(prediction)
        if row.text_audio_threshold and row.change >= NOTEWORTHY_CHANGE
    }
    label = max(share_of_threshold, key=lambda label: share_of_threshold[label], default="")
    return label if label and share_of_threshold[label] >= NEARLY else ""


def relative_to(prediction: Prediction) -> str:
    """Return a phrase that names the references; empty where there are none."""
    n = prediction.n_references
    if not n:
        return ""
    if n == 1:
        return say("relative to your neutral clip")
    return say("relative to your {n} neutral clips", n=n)


def usage_sentence(prediction: Prediction) -> str:
    """Return a sentence on how many tokens the clip has, and how many were selected and used."""
    encoded = say(
        "The codec heard {n:,} tokens in {seconds:.1f} s",
        n=prediction.n_tokens,
        seconds=prediction.recording.duration_s,
    )
    told = f"{encoded}; {_used(prediction.n_selected, prediction.n_used)}"
    if prediction.n_counted:
        told += " " + say(
            "Of all layers {n:,} were counted too, where something sounds.", n=prediction.n_counted
        )
    if prediction.frame_logits is not None:
        told += " " + say("Whisper's encoder heard the clip as well.")
    return told


def _used(n: int, n_used: int) -> str:
    if not n:
        return say("none of them is in the audio vocabulary.")
    if n_used == n == 1:
        return say("1 selected one was used, none left out.")
    if n_used == n:
        return say("{n:,} selected ones were used, none left out.", n=n)
    return say(
        "{used:,} of {n:,} selected ones were used, thinned evenly over time to fit the model.",
        used=n_used,
        n=n,
    )
