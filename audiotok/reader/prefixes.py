"""Which sequences are read alike up to a layer: they need to be read once until they part."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from audiotok.sequence import Block

Numbers = NDArray[np.int64]


def alike_up_to(
    ids: Numbers, blocks: Sequence[Sequence[Block]], n_layers: int
) -> tuple[Numbers, ...]:
    """Return a number for each sequence at each depth, the same for those that are alike so far.

    Parameters
    ----------
    ids : padded, shape ``(n_sequences, n_positions)``.
    blocks : attention that is cut in each sequence; none where it is empty.

    Returns
    -------
    Numbers of shape ``(n_sequences,)``, in order of appearance: of the embeddings first, then after
    each layer.
    """
    cut = blocks or [()] * len(ids)
    told: list[Hashable] = [row.tobytes() for row in ids]
    found = [_numbered(told)]
    for layer in range(1, n_layers + 1):
        here = [
            tuple((block.queries, block.keys) for block in of_one if layer in block.layers)
            for of_one in cut
        ]
        found.append(_numbered(list(zip(found[-1].tolist(), here, strict=True))))
    return tuple(found)


def _numbered(told: Sequence[Hashable]) -> Numbers:
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(each, len(places)) for each in told])


def first_of_each(numbers: Numbers) -> Numbers:
    """Return the first sequence of each number."""
    return np.unique(numbers, return_index=True)[1]
