"""Orders in which a clip's audio tokens are taken out: one a way of explaining a verdict."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.attention import attention_rows, chosen_weights
from audiotok.analysis.flow import rollout
from audiotok.analysis.occlusion import occlusion
from audiotok.classifier import Classifier
from audiotok.faithfulness import Method
from audiotok.prediction import Prediction
from audiotok.sequence import SequenceToken
from audiotok.vocabulary import Occurrence

Order = NDArray[np.int64]
Scores = NDArray[np.float64]
Attribution = Callable[[Prediction, int], Scores]

N_RANDOM = 5


def rankings(
    classifier: Classifier, prediction: Prediction, label: str, gradient: Attribution
) -> dict[Method, list[Order]]:
    """Rank the audio tokens that were read, those first on which a label should rest most.

    Ties stay in the order of time.

    Parameters
    ----------
    gradient : attributes the logit of a label, given by its place, to all positions.

    Returns
    -------
    By method, positions of the sequence: one order, or ``N_RANDOM`` of *random*. *lasso_order* is
    missing where the bundle does not say in which order its tokens enter the lasso's path, and
    *lasso_weight* where the label is no class of the lasso.
    """
    positions = np.array(prediction.sequence.audio_positions)
    heard = [_occurrence(prediction.sequence.tokens[position]) for position in positions]
    place = prediction.labels.index(label)
    scores: dict[Method, Scores] = {
        "attention": chosen_weights(attention_rows(prediction))[positions].astype(float),
        "rollout": rollout(prediction)[positions],
        "occlusion": _by_moment(classifier, prediction, heard, place),
        "gradient": gradient(prediction, place)[positions],
    }
    vocabulary, profiles = prediction.vocabulary, classifier.bundle.profiles
    if label in vocabulary.classes:
        weights = vocabulary.weights[:, vocabulary.classes.index(label)]
        scores["lasso_weight"] = weights[[each.index for each in heard]]
    if profiles is not None and all(token.rank is not None for token in profiles.tokens):
        ranks = np.array([token.rank for token in profiles.tokens], dtype=float)
        scores["lasso_order"] = -ranks[[each.index for each in heard]]
    orders = {name: [positions[np.argsort(-s, kind="stable")]] for name, s in scores.items()}
    rng = np.random.default_rng(len(positions))
    return orders | {"random": [rng.permutation(positions) for _ in range(N_RANDOM)]}


def _occurrence(token: SequenceToken) -> Occurrence:
    assert token.occurrence is not None  # audio tokens have one
    return token.occurrence


def _by_moment(
    classifier: Classifier, prediction: Prediction, heard: list[Occurrence], place: int
) -> Scores:
    """Give each token what the label loses without the moment in whose span its middle lies."""
    found = occlusion(classifier, prediction)
    middles_s = np.array([(each.frame + each.end) / 2 for each in heard]) * prediction.frame_s
    steps = np.searchsorted(found.bounds_s[:, 0], middles_s, side="right") - 1
    return np.asarray(found.steps[np.clip(steps, 0, len(found.steps) - 1), place])
