"""Frame-level probe of codec layers: ridge regression of pitch and energy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, GroupKFold

from audiotok.acoustics.measures import FRAME
from audiotok.acoustics.pitch import pitch_hz
from audiotok.audio import Samples
from audiotok.vocabulary import Codes

Array = NDArray[np.float64]
Frames = tuple[Sequence[Codes], Sequence[Array]]

PENALTIES = (10.0, 100.0, 1000.0)  # a code heard in fewer frames than this says little
REACH = 1  # frames to either side that are looked at
FLOOR_DB = -50.0  # below the loudest frame, what sounds is the room


def pitch_octaves(samples: Samples, n_frames: int) -> Array:
    """Pitch in octaves relative to the clip's median, ``(n_frames,)``; NaN where unvoiced."""
    octaves = np.log2(pitch_hz(samples, n_frames))
    voiced = ~np.isnan(octaves)
    return octaves - np.median(octaves[voiced]) if voiced.any() else octaves


def energy_db(samples: Samples, n_frames: int) -> Array:
    """Energy in dB relative to the clip's mean, ``(n_frames,)``."""
    padded = np.pad(samples, (0, max(0, n_frames * FRAME - len(samples))))
    frames = padded[: n_frames * FRAME].reshape(n_frames, FRAME).astype(np.float64)
    power = (frames**2).mean(axis=1)
    level = 10 * np.log10(np.maximum(power, 1e-12))
    level = np.maximum(level, level.max() + FLOOR_DB)
    return level - level.mean()


def frame_r2(train: Frames, test: Frames, layers: Sequence[int], codebook_size: int) -> float:
    """Return test R² of ridge regression on one-hot codes of a frame and its neighbours.

    The penalty is chosen by two-fold cross-validation over training clips; at least two are needed.

    Parameters
    ----------
    train, test : codes of clips, each ``(n_layers, n_frames)``, and for each the value of every
        frame, ``(n_frames,)``; a frame whose value is NaN is left out.
    layers : 1-based.

    Returns
    -------
    R² over all test frames: 1 at best, about 0 for uninformative codes.
    """
    clip_of_frame = np.repeat(np.arange(len(train[0])), [(~np.isnan(v)).sum() for v in train[1]])
    model = GridSearchCV(Ridge(), {"alpha": PENALTIES}, cv=GroupKFold(n_splits=2), scoring="r2")
    model.fit(*_design(train, layers, codebook_size), groups=clip_of_frame)
    found, truth = _design(test, layers, codebook_size)
    return float(r2_score(truth, model.predict(found)))


def _design(
    clips: Frames, layers: Sequence[int], codebook_size: int
) -> tuple[sp.csr_matrix, NDArray[np.float64]]:
    """Return one-hot codes, ``(n, n_columns)``, and values, ``(n,)``, of frames with a value."""
    columns = np.concatenate([_columns(codes, layers, codebook_size) for codes in clips[0]])
    values = np.concatenate(list(clips[1]))
    known = ~np.isnan(values)
    columns, values = columns[known], values[known]
    n, n_ones = columns.shape
    starts = np.arange(0, n * n_ones + 1, n_ones)
    ones = np.ones(n * n_ones)
    return sp.csr_matrix((ones, columns.ravel(), starts), (n, n_ones * codebook_size)), values


def _columns(codes: Codes, layers: Sequence[int], codebook_size: int) -> NDArray[np.int64]:
    """Return the nonzero columns of each frame, ``(n_frames, n_layers * n_neighbours)``."""
    chosen = np.pad(codes[np.array(layers) - 1], ((0, 0), (REACH, REACH)), mode="edge")
    n_frames = codes.shape[1]
    seen = np.concatenate([chosen[:, i : i + n_frames] for i in range(2 * REACH + 1)])
    return seen.T + np.arange(len(seen)) * codebook_size
