"""Takes: what stays of an utterance so that it can be compared with others, in types of JSON.

A page keeps them with its visitor, so they come back from there and are checked like any input.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from audiotok.acoustics.pitch import pitch_hz
from audiotok.analysis.export import as_csv
from audiotok.analysis.stream import envelope
from audiotok.prediction import Prediction

N_COLUMNS = 64  # of a take's waveform
MOST_TAKES = 60
MOST_LABELS = 64

Name = Annotated[str, Field(min_length=1, max_length=80)]
Probability = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[float, Field(ge=-1, le=1)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Take(BaseModel):
    """One utterance and its verdicts.

    Attributes
    ----------
    name, at : as its visitor calls it, and when it was, as the visitor's clock says.
    text_only, text_audio : probabilities by label; without words those of text-only are void.
    tokens : number of selected tokens that the model read, by the class that they speak for.
    low, high : the lowest and highest sample of each column of the waveform, shape ``(64,)``.
    pitch_hz : median over voiced frames; None where none is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    name: Name = "Take"
    at: Annotated[str, Field(max_length=40)] = ""
    task: Name
    text: Annotated[str, Field(max_length=2_000)]
    duration_s: Annotated[float, Field(gt=0, le=3_600)]
    pitch_hz: Annotated[float, Field(gt=0, le=10_000)] | None
    n_references: Count
    verdict_text_only: Name
    verdict_text_audio: Name
    text_only: Annotated[dict[Name, Probability], Field(min_length=1, max_length=MOST_LABELS)]
    text_audio: Annotated[dict[Name, Probability], Field(min_length=1, max_length=MOST_LABELS)]
    tokens: Annotated[dict[Name, Count], Field(max_length=MOST_LABELS)]
    low: Annotated[list[Level], Field(min_length=N_COLUMNS, max_length=N_COLUMNS)]
    high: Annotated[list[Level], Field(min_length=N_COLUMNS, max_length=N_COLUMNS)]

    @model_validator(mode="after")
    def _labels_agree(self) -> Take:
        if list(self.text_only) != list(self.text_audio):
            raise ValueError("the two twins have different labels")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the task."""
        return tuple(self.text_audio)

    @property
    def has_words(self) -> bool:
        """Whether there are words for the text-only twin to judge."""
        return bool(self.text.strip())


def take_of(prediction: Prediction) -> Take:
    """Return what stays of a prediction."""
    recording = prediction.recording
    pitch = pitch_hz(recording.samples, prediction.n_frames, prediction.frame_s)
    voiced = pitch[~np.isnan(pitch)]
    low, high = envelope(recording.samples, N_COLUMNS, len(recording.samples) / N_COLUMNS)
    spoken_for = Counter(
        prediction.vocabulary.spoken_for[token.occurrence.index]
        for token in prediction.sequence.tokens
        if token.occurrence is not None
    )
    return Take(
        task=prediction.task,
        text=prediction.text,
        duration_s=recording.duration_s,
        pitch_hz=round(float(np.median(voiced)), 1) if len(voiced) else None,
        n_references=prediction.n_references,
        verdict_text_only=prediction.verdict_text_only,
        verdict_text_audio=prediction.verdict_text_audio,
        text_only=_rounded(prediction.text_only.as_dict()),
        text_audio=_rounded(prediction.text_audio.as_dict()),
        tokens={label: spoken_for[label] for label in prediction.vocabulary.classes},
        low=low,
        high=high,
    )


def takes_csv(takes: Sequence[Take]) -> str:
    """Return a CSV of takes, one a row; a label that a take's task lacks is empty."""
    labels = list(dict.fromkeys(label for take in takes for label in take.labels))
    header = ["name", "at", "task", "text", "duration_s", "pitch_hz", "n_references"]
    header += ["verdict_text_only", "verdict_text_audio"]
    header += [f"{twin}_{label}" for twin in ("text_only", "text_audio") for label in labels]
    rows = [
        [
            *(getattr(take, name) for name in header[:9]),
            *(twin.get(label) for twin in (take.text_only, take.text_audio) for label in labels),
        ]
        for take in takes
    ]
    return as_csv(header, rows)


def _rounded(probabilities: dict[str, float]) -> dict[str, float]:
    return {label: round(value, 4) for label, value in probabilities.items()}
