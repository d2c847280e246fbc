"""Compare the text-only and the text+audio verdict: a table of probabilities, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from audiotok.calibration import NEUTRAL
from audiotok.prediction import Prediction, Scores

NOTEWORTHY_CHANGE = 0.1  # below it the two twins are said to agree
NEARLY = 0.75  # share of its threshold from which a label is worth naming

ADJECTIVES = {
    "happiness": "happy",
    "sadness": "sad",
    "anger": "angry",
    "fear": "fearful",
    "disgust": "disgusted",
    "surprise": "surprised",
}


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
    """Return the adjective of a label, *happy* for happiness, or the label if there is none."""
    return ADJECTIVES.get(label, label)


def verdict_sentence(prediction: Prediction) -> str:
    """Return one sentence that compares the text-only verdict with the text+audio one."""
    words = adjective(prediction.verdict_text_only)
    both = adjective(prediction.verdict_text_audio)
    if not has_words(prediction):
        return f"The voice alone sounds {both}."
    if words != both:
        return f"The words alone read {words}; the voice makes it {both}."
    return f"The words alone read {words}, and the voice {_agreement(prediction)}."


def _agreement(prediction: Prediction) -> str:
    verdict = prediction.verdict_text_audio
    if verdict == NEUTRAL and (label := _label_near_threshold(prediction)):
        return f"leans towards {label}"
    change = next((row.change for row in label_rows(prediction) if row.label == verdict), 0.0)
    if change >= NOTEWORTHY_CHANGE:
        return "makes that surer"
    if change <= -NOTEWORTHY_CHANGE:
        return "makes that less sure"
    return "agrees"


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
    return "relative to your neutral clip" if n == 1 else f"relative to your {n} neutral clips"


def usage_sentence(prediction: Prediction) -> str:
    """Return a sentence on how many tokens the clip has, and how many were selected and used."""
    encoded = (
        f"The codec heard {_counted(prediction.n_tokens, 'token')} in "
        f"{prediction.recording.duration_s:.1f} s"
    )
    n = prediction.n_selected
    if not n:
        used = "none of them is in the audio vocabulary."
    elif prediction.n_used == n:
        used = f"{_counted(n, 'selected one')} {_were(n)} used, none left out."
    else:
        used = (
            f"{prediction.n_used:,} of {_counted(n, 'selected one')} were used, "
            "thinned evenly over time to fit the model."
        )
    if not prediction.n_counted:
        return f"{encoded}; {used}"
    counted = f"Of all layers {prediction.n_counted:,} were counted too, where something sounds."
    return f"{encoded}; {used} {counted}"


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _were(n: int) -> str:
    return "was" if n == 1 else "were"
