"""Share of frames whose code a change of the sound leaves as it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audiotok.vocabulary import Codes, Groups, group_codes

Pairs = Sequence[tuple[Codes, Codes]]


def equal_share(pairs: Pairs, groups: Groups | None = None) -> NDArray[np.float64]:
    """Return the share of equal codes by layer, shape ``(n_layers,)``, all frames together.

    Parameters
    ----------
    pairs : codes before and after, each ``(n_layers, n_frames)``; of unequal ones the frames that
        both have.
    groups : group number of every code, shape ``(n_layers, codebook_size)``.
    """
    same = []
    for pair in pairs:
        n_frames = min(codes.shape[1] for codes in pair)
        cut = [codes[:, :n_frames] for codes in pair]
        before, after = cut if groups is None else [group_codes(codes, groups) for codes in cut]
        same.append(before == after)
    return np.concatenate(same, axis=1).mean(axis=1)
