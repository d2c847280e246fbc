"""Checks of the clips that tokens are selected on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audiotok.errors import DataError
from audiotok.vocabulary import Codes


def check_lengths(
    codes_list: Sequence[Codes], texts: Sequence[str], targets: NDArray[np.int64]
) -> None:
    """Raise DataError where clips, texts and targets are not as many, or there are none."""
    if not codes_list:
        raise DataError("There is no clip to select audio tokens from.")
    if not len(codes_list) == len(texts) == len(targets):
        raise DataError(
            f"There are {len(codes_list)} clips, {len(texts)} texts and {len(targets)} targets; "
            "each clip needs one of each."
        )


def check_classes(targets: NDArray[np.int64], names: tuple[str, ...]) -> None:
    """Raise DataError where targets and names do not fit, or a class has no clip."""
    if targets.ndim == 1:
        n_clips = np.bincount(targets, minlength=len(names))
    else:
        n_clips = targets.sum(axis=0)
    if len(n_clips) != len(names):
        raise DataError(f"The targets have {len(n_clips)} classes, but {len(names)} are named.")
    missing = [name for name, n in zip(names, n_clips, strict=True) if n == 0]
    if missing:
        raise DataError(f"No training clip has the label {' or '.join(missing)}.")
