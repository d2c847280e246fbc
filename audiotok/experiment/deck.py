"""The deck of moods that an experiment deals."""

from __future__ import annotations

import random
from collections.abc import Sequence


def deal(moods: Sequence[str], n_rounds: int, seed: int) -> tuple[str, ...]:
    """Return the moods of an experiment's rounds, in random order.

    Each mood comes once before any comes again, so that rounds are balanced over moods and a
    judge that always gives the same answer is right as often as chance.

    Parameters
    ----------
    seed : the same seed deals the same moods.
    """
    rng = random.Random(seed)
    dealt: list[str] = []
    while len(dealt) < n_rounds:
        dealt += rng.sample(list(moods), len(moods))
    return tuple(dealt[:n_rounds])
