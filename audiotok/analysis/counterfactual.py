"""Shared by what asks the classifier again: what would it say if something were otherwise?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audiotok.classifier import Classifier
from audiotok.errors import AudiotokError
from audiotok.language import say
from audiotok.prediction import Prediction, Scores
from audiotok.shared_reading import Seeds
from audiotok.utterance import UtteranceEncoding


def require_voice(prediction: Prediction) -> None:
    """Check that a part of the voice can be left out.

    Raises
    ------
    AudiotokError
        When nothing of the voice is read or counted.
    """
    if not (prediction.n_used or prediction.n_counted or prediction.frame_logits is not None):
        raise AudiotokError(
            say(
                "None of the selected tokens sounds in this clip, so there is nothing of the voice "
                "to leave out."
            )
        )


def encodings_of(
    classifier: Classifier, prediction: Prediction, text: str | None = None
) -> list[UtteranceEncoding]:
    """Return what the classifier read for a prediction, or would with another text.

    Raises
    ------
    AudiotokError
        When the prediction does not hold the codes of its clip.
    """
    if not prediction.hearings:
        raise AudiotokError("This prediction does not hold all codes of its clip; predict again.")
    words = prediction.text if text is None else text
    return classifier.encodings(
        words, prediction.hearings, prediction.plain, prediction.frame_logits
    )


def reading_seeds(scores: Scores, *, all_seeds: bool) -> Seeds:
    """Return the seeds to ask again: None for all, or the one nearest to the mean of all.

    One seed answers in a fraction of the time; its own probabilities are then the baseline.
    """
    if all_seeds:
        return None
    distances = np.abs(scores.per_seed - scores.mean).sum(axis=1)
    return [int(distances.argmin())]


def effects_of(
    classifier: Classifier,
    prediction: Prediction,
    utterances: Sequence[list[UtteranceEncoding]],
    *,
    all_seeds: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Return what the probabilities lose when what was read is changed, in one forward pass.

    Parameters
    ----------
    utterances : what was read, as ``encodings_of`` returns it, then what is read after each change.

    Returns
    -------
    Effects, shape ``(n_changes, n_labels)``; the probabilities that they are taken from, shape
    ``(n_labels,)``; how many seeds were asked.
    """
    seeds = reading_seeds(prediction.text_audio, all_seeds=all_seeds)
    asked = classifier.probabilities(utterances, ("text_audio",), seeds)["text_audio"]
    baseline, *without = asked.mean(axis=0)
    return baseline - np.reshape(without, (-1, len(baseline))), baseline, len(asked)
