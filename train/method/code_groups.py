"""A vocabulary coarser than the codec's: similar codebook entries become one code."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from audiotok.errors import DataError
from audiotok.vocabulary import Groups

N_INIT = 4


def group_codebooks(codebooks: Sequence[NDArray[np.floating]], n_groups: int, seed: int) -> Groups:
    """Cluster the entries of each codebook by k-means.

    Parameters
    ----------
    codebooks : of the layers, each of shape ``(codebook_size, dimension)``.
    n_groups : codes that are left in a layer.

    Returns
    -------
    Group numbers, shape ``(n_layers, codebook_size)``; groups are numbered along their first
    principal component, so that neighbours are alike.

    Raises
    ------
    DataError
        When a codebook has fewer entries than there are to be groups.
    """
    smallest = min(len(codebook) for codebook in codebooks)
    if smallest < n_groups:
        raise DataError(
            f"A codebook of {smallest} entries cannot make {n_groups} groups; lower "
            "'codes_per_layer'."
        )
    return np.stack([_group(np.asarray(book), n_groups, seed) for book in codebooks])


def _group(codebook: NDArray[np.floating], n_groups: int, seed: int) -> NDArray[np.int64]:
    fitted = KMeans(n_groups, n_init=N_INIT, random_state=seed).fit(codebook)
    centred = fitted.cluster_centers_ - fitted.cluster_centers_.mean(axis=0)
    axis = np.linalg.svd(centred, full_matrices=False)[2][0]
    axis *= np.sign(axis[np.abs(axis).argmax()])  # a component's sign is arbitrary
    number = np.empty(n_groups, dtype=np.int64)
    number[np.argsort(centred @ axis, kind="stable")] = np.arange(n_groups)
    return np.asarray(number[fitted.labels_])
