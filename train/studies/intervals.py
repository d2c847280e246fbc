"""Means over clips with bootstrap intervals over speakers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

N_DRAWS = 2_000
LEVEL = 0.95
FEW_SPEAKERS = 10


@dataclass(frozen=True)
class MeanInterval:
    """Means and the ends of their intervals, arrays of one shape."""

    mean: Array
    low: Array
    high: Array


def mean_interval(values: Array, speakers: Sequence[object]) -> MeanInterval:
    """Return the mean over clips with its percentile interval of 95 %.

    Whole speakers are drawn with replacement (cluster bootstrap; Davison & Hinkley 1997, section
    3.8), since clips of one speaker are alike. Where there is but one, clips are drawn.

    Parameters
    ----------
    values : shape ``(n_clips, ...)``; NaN counts as missing.
    speakers : of each clip.
    """
    groups = np.unique([str(each) for each in speakers], return_inverse=True)[1]
    if groups.max(initial=0) == 0:
        groups = np.arange(len(values))
    flat = values.reshape(len(values), -1)
    is_there = ~np.isnan(flat)
    member = (groups[:, None] == np.arange(groups.max() + 1)).astype(float)
    sums, counts = member.T @ np.where(is_there, flat, 0.0), member.T @ is_there
    n_groups = len(sums)
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=N_DRAWS)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (drawn @ sums) / (drawn @ counts)
        mean = sums.sum(axis=0) / counts.sum(axis=0)
    low, high = np.nanquantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    shape = values.shape[1:]
    return MeanInterval(mean.reshape(shape), low.reshape(shape), high.reshape(shape))


def percent(found: MeanInterval, place: tuple[int, ...], *, signed: bool = False) -> str:
    """Write one of the means as a percentage with its interval, such as ``71 (69 to 73)``."""
    mean, low, high = (
        points(part[place], signed=signed) for part in (found.mean, found.low, found.high)
    )
    return f"{mean} ({low} to {high})"


def points(share: float, *, signed: bool) -> str:
    """Write a share as a percentage with one digit, never as ``-0.0``."""
    rounded = round(100 * float(share), 1) + 0.0
    return f"{rounded:{'+.1f' if signed and rounded else '.1f'}}"


def counted(number: int, what: str) -> str:
    """Write a number of things, such as ``1 speaker`` and ``4 speakers``."""
    return f"{number} {what}" + ("" if number == 1 else "s")


def caveat(speakers_by_corpus: dict[str, int]) -> str:
    """Return a sentence on how far the intervals can be trusted."""
    told = ["Brackets hold 95 % bootstrap intervals over speakers."]
    if single := [corpus for corpus, n in speakers_by_corpus.items() if n == 1]:
        told.append(
            f"{' and '.join(single)} has one test speaker, so clips are drawn there, and nothing "
            "is said of other speakers."
        )
    if few := [c for c, n in speakers_by_corpus.items() if 1 < n < FEW_SPEAKERS]:
        told.append(
            f"With as few speakers as {' and '.join(few)} has such intervals are too narrow."
        )
    return " ".join(told)
