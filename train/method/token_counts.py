"""Bag-of-tokens count matrix of clips, sparse."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from audiotok.bag_of_tokens import count_codes
from audiotok.errors import DataError
from audiotok.vocabulary import Codes, Groups


def count_tokens(
    codes_list: Sequence[Codes], layers: Sequence[int], codebook_size: int
) -> sp.csr_matrix:
    """Count the tokens of each clip.

    Parameters
    ----------
    codes_list : for each clip all codes of the codec, shape ``(n_layers, n_frames)``.
    layers : 1-based layers to count.

    Returns
    -------
    Sparse matrix of shape ``(n_clips, len(layers) * codebook_size)``; the column of a token is
    its layer's place in ``layers`` times ``codebook_size``, plus its code.

    Raises
    ------
    DataError
        When a clip lacks a layer, or a code lies outside the codebook.
    """
    rows = np.array(layers) - 1
    columns, counts, ends = [], [], [0]
    for codes in codes_list:
        if len(codes) < max(layers) or min(layers) < 1:
            raise DataError(f"Layers {list(layers)} were asked for; the codes have {len(codes)}.")
        kept = codes[rows]
        if kept.size and not 0 <= kept.min() <= kept.max() < codebook_size:
            raise DataError(f"Codes must be between 0 and {codebook_size - 1}.")
        of_clip = count_codes(kept, codebook_size).ravel()
        present = np.flatnonzero(of_clip)
        columns.append(present)
        counts.append(of_clip[present])
        ends.append(ends[-1] + len(present))
    return sp.csr_matrix(
        (np.concatenate(counts).astype(np.float64), np.concatenate(columns), ends),
        shape=(len(codes_list), len(layers) * codebook_size),
    )


def sum_groups(counts: sp.csr_matrix, groups: Groups) -> sp.csr_matrix:
    """Add up the counts of the codes of each group.

    Parameters
    ----------
    counts : from ``count_tokens``, shape ``(n_clips, n_layers * codebook_size)``.
    groups : group number of every code, shape ``(n_layers, codebook_size)``.

    Returns
    -------
    Sparse matrix of shape ``(n_clips, n_layers * n_groups)``.
    """
    n_layers, n_groups = len(groups), int(groups.max()) + 1
    columns = (groups + n_groups * np.arange(n_layers)[:, None]).ravel()
    ones = np.ones(len(columns))
    membership = sp.csr_matrix(
        (ones, (np.arange(len(columns)), columns)), shape=(len(columns), n_layers * n_groups)
    )
    return (counts @ membership).tocsr()
