"""What a lesson on one clip tells: its tokens in numbers, and an excerpt of them to look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.prediction import Prediction
from audiotok.sequence import SequenceToken

N_FRAMES = 12  # of the excerpt: a quarter of a second, as much as a phone shows
N_VOICE = 24  # tokens of the voice that are shown in the row that the model reads


@dataclass(frozen=True)
class Lesson:
    """How a clip becomes tokens, few of which are read.

    Attributes
    ----------
    tokens_per_s : of all layers of the codec together.
    n_tokens : all of the clip.
    n_entries : codes that a layer chooses from.
    n_candidates : tokens that the lasso chose from, and ``n_vocabulary`` those that it kept.
    n_kept : times that a kept token sounds in the clip, and ``n_read`` those that the model read.
    first_frame : of the excerpt, where most kept tokens sound.
    codes : of the excerpt, shape ``(n_layers, n_frames)``.
    speaks_for : what the kept tokens among them speak for, by (row, column).
    """

    duration_s: float
    frame_s: float
    n_layers: int
    tokens_per_s: int
    n_tokens: int
    n_entries: int
    n_candidates: int
    n_vocabulary: int
    n_kept: int
    n_read: int
    first_frame: int
    codes: NDArray[np.int64]
    speaks_for: dict[tuple[int, int], str]

    @property
    def start_s(self) -> float:
        """Start of the excerpt in seconds."""
        return self.first_frame * self.frame_s

    @property
    def kept_share(self) -> float:
        """Share of the clip's tokens that are kept."""
        return self.n_kept / self.n_tokens


def lesson(prediction: Prediction, n_entries: int) -> Lesson:
    """Gather the numbers of a lesson.

    Parameters
    ----------
    n_entries : codes of each of the codec's layers.
    """
    n_layers, n_frames = prediction.codes.shape
    first = _busiest_frame(prediction)
    vocabulary = prediction.vocabulary
    return Lesson(
        duration_s=prediction.recording.duration_s,
        frame_s=prediction.frame_s,
        n_layers=n_layers,
        tokens_per_s=round(n_layers / prediction.frame_s),
        n_tokens=n_layers * n_frames,
        n_entries=n_entries,
        n_candidates=n_entries * len(vocabulary.layers),
        n_vocabulary=len(vocabulary),
        n_kept=prediction.n_selected,
        n_read=prediction.n_used,
        first_frame=first,
        codes=np.asarray(prediction.codes[:, first : first + N_FRAMES], dtype=np.int64),
        speaks_for={
            (each.layer - 1, frame - first): vocabulary.spoken_for[each.index]
            for each in prediction.selected
            for frame in range(max(each.frame, first), min(each.end, first + N_FRAMES))
        },
    )


def shown_row(prediction: Prediction) -> tuple[tuple[SequenceToken, ...], int]:
    """Return what the model read in one row, and how many tokens of the voice are left out of it.

    The first ones of the voice stand for all; words and markers are complete.
    """
    audio = [token for token in prediction.sequence.tokens if token.kind == "audio"]
    hidden = {id(token) for token in audio[N_VOICE:]}
    row = tuple(token for token in prediction.sequence.tokens if id(token) not in hidden)
    return row, len(hidden)


def _busiest_frame(prediction: Prediction) -> int:
    """Return the frame from which the excerpt holds most kept tokens."""
    n_frames = prediction.n_frames
    n_shown = min(N_FRAMES, n_frames)
    kept = np.zeros(n_frames)
    for each in prediction.selected:
        kept[each.frame : each.end] += 1
    return int(np.convolve(kept, np.ones(n_shown), mode="valid").argmax())
