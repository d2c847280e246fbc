"""Profiles of tokens in words: what a voice is like when a token sounds more often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from train.studies.acoustics.relations import Correlations
from train.studies.acoustics.voice_measures import MEASURES

LEAST_RHO = 0.2  # of a correlation that gets a word
MOST_WORDS = 3


def words_of(found: Correlations, token: int, names: Sequence[str]) -> list[str]:
    """Return words for a token, that of the strongest correlation first.

    A measure gives its word where the correlation is at least 0.2 in size and its false-discovery
    rate at most 5 %; no word is said twice, nor its opposite beside it.

    Parameters
    ----------
    names : of the columns of ``found``, among ``MEASURES``.
    """
    words: list[str] = []
    said: set[frozenset[str]] = set()
    rho = np.nan_to_num(found.rho[token])
    for column in np.argsort(-np.abs(rho), kind="stable"):
        measure = MEASURES[names[column]]
        pair = frozenset((measure.less, measure.more))
        is_told = found.is_found[token, column] and abs(rho[column]) >= LEAST_RHO
        if is_told and pair not in said and len(words) < MOST_WORDS:
            words.append(measure.more if rho[column] > 0 else measure.less)
            said.add(pair)
    return words
