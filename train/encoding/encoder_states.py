"""States of Whisper's encoder, cached by what sounds: the whole of them, or their mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiotok.audio import Samples
from audiotok.speech_encoder import FINGERPRINT, States, packaged_encoder
from train.encoding.clip_variants import ClipVariant
from train.encoding.features import FeatureCache

STATES = "states"  # beside the runs' folders, as codes are
STATES_CODE = ("audiotok.speech_encoder",)


def encoder_states(clips: Sequence[ClipVariant], folder: Path) -> Iterator[States]:
    """Yield the states of clips, each ``(n_states, dimension)``, computing those not in ``folder``.

    Raises
    ------
    AudiotokError
        When a clip cannot be read, or the encoder is not installed.
    """
    return FeatureCache(folder, ["whisper", FINGERPRINT], _hear).each(clips)


def mean_state(states: States, sounds: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the mean state, shape ``(dimension,)``, of the frames in which something sounds.

    Parameters
    ----------
    sounds : of each frame of the codec, shape ``(n_frames,)``; states that lack at the end are as
        the last one.
    """
    frames = np.minimum(np.flatnonzero(sounds), len(states) - 1)
    return np.asarray(states[frames].mean(axis=0, dtype=np.float64))


def _hear(samples: Samples) -> States:
    return packaged_encoder()(samples)
