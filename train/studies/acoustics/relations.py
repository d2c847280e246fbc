"""How token rates go with measures of the voice: rank correlations, and how much layers hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, rankdata
from scipy.stats import t as t_distribution
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold

Array = NDArray[np.float64]
Speakers = Sequence[object]

FALSE_DISCOVERIES = 0.05
PENALTIES = np.logspace(-3, 4, 15)
MOST_FOLDS = 5
N_DIGITS = 9  # of rates


@dataclass(frozen=True)
class Correlations:
    """Spearman's correlations of tokens with measures.

    Attributes
    ----------
    rho : shape ``(n_tokens, n_measures)``; NaN for a token that never sounds.
    q : p-values with the false-discovery rate controlled over all tokens and measures, same shape.
    """

    rho: Array
    q: Array

    @property
    def is_found(self) -> NDArray[np.bool_]:
        """Where the false-discovery rate is at most 5 %."""
        return np.asarray(self.q <= FALSE_DISCOVERIES)


def from_own(values: Array, speakers: Speakers) -> Array:
    """Return values less the median of their speaker, shape ``(n_clips, n_columns)``.

    So voices, rooms and microphones of speakers count for nothing. A NaN stays one.
    """
    found = np.full(values.shape, np.nan)
    for own in _members(speakers):
        for column in range(values.shape[1]):
            there = own & ~np.isnan(values[:, column])
            if there.any():
                found[there, column] = values[there, column] - np.median(values[there, column])
    return found


def from_mean(values: Array, speakers: Speakers) -> Array:
    """Return values, none of them NaN, less the mean of their speaker.

    A rate whose median is zero would not be moved by ``from_own``.
    """
    found = np.empty(values.shape)
    for own in _members(speakers):
        found[own] = values[own] - values[own].mean(axis=0)
    return found


def _members(speakers: Speakers) -> list[NDArray[np.bool_]]:
    names = np.array([str(each) for each in speakers])
    return [names == name for name in dict.fromkeys(names)]


def correlations(rates: Array, measures: Array, speakers: Speakers) -> Correlations:
    """Correlate rates ``(n_clips, n_tokens)`` with measures ``(n_clips, n_measures)`` by rank.

    Both within speakers, for which as many degrees of freedom are taken off. The false-discovery
    rate is controlled as Benjamini & Hochberg (1995) do. Clips of a speaker count as independent.
    """
    rates, measures = from_mean(rates, speakers), from_own(measures, speakers)
    rates = np.round(rates, N_DIGITS)  # what is equal but for rounding is a tie
    rho = np.full((rates.shape[1], measures.shape[1]), np.nan)
    p = rho.copy()
    for column, values in enumerate(measures.T):
        there = ~np.isnan(values)
        n_free = int(there.sum()) - len(_members(np.array(speakers, dtype=object)[there])) - 1
        if n_free < 1:
            continue
        x, y = _standard(rankdata(rates[there], axis=0)), _standard(rankdata(values[there]))
        r = x.T @ y / there.sum()
        rho[:, column] = r
        t = np.abs(r) * np.sqrt(n_free / np.maximum(1 - r**2, 1e-12))
        p[:, column] = 2 * t_distribution.sf(t, n_free)
    q = np.full(p.shape, np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        q[tested] = false_discovery_control(p[tested])
    return Correlations(rho, q)


def _standard(ranks: Array) -> Array:
    """Return ranks with mean 0 and deviation 1 by column; NaN where all are equal."""
    centred = ranks - ranks.mean(axis=0)
    deviation = centred.std(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(deviation > 1e-12, centred / deviation, np.nan))


def explained(features: Array, measures: Array, speakers: Speakers) -> Array:
    """Return how much of each measure a layer's tokens tell of speakers who were not fitted to.

    R² of ridge regression, speakers in up to five folds, its penalty chosen by leaving one out of
    the clips that it is fitted to; within speakers, as ``correlations``.

    Parameters
    ----------
    features : of the clips, shape ``(n_clips, n_features)``.
    measures : shape ``(n_clips, n_measures)``.

    Returns
    -------
    Shape ``(n_measures,)``; NaN where there are less than two speakers.
    """
    features, targets = from_mean(features, speakers), from_own(measures, speakers)
    names = np.array([str(each) for each in speakers])
    n_speakers = len(set(names))
    if n_speakers < 2:
        return np.full(targets.shape[1], np.nan)
    there = ~np.isnan(targets)
    deviation = np.nanstd(targets, axis=0)
    known = np.where(there, targets, 0.0) / np.where(deviation > 0, deviation, 1.0)
    said = np.empty(known.shape)
    for fitted, unseen in GroupKFold(min(MOST_FOLDS, n_speakers)).split(features, groups=names):
        model = RidgeCV(PENALTIES, alpha_per_target=True).fit(features[fitted], known[fitted])
        said[unseen] = np.asarray(model.predict(features[unseen])).reshape(len(unseen), -1)
    missed = np.where(there, (known - said) ** 2, 0).sum(axis=0)
    around = np.where(there, (known - _means(known, there)) ** 2, 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - missed / around)


def _means(values: Array, there: NDArray[np.bool_]) -> Array:
    return np.asarray(np.where(there, values, 0).sum(axis=0) / np.maximum(1, there.sum(axis=0)))


def as_table(measured: Sequence[Mapping[str, float]], names: Sequence[str]) -> Array:
    """Return the measures of clips as an array, shape ``(n_clips, n_measures)``."""
    return np.array([[each[name] for name in names] for each in measured], dtype=np.float64)
