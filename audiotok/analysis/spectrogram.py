"""Mel spectrogram of a clip: how loud each band of frequencies is over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audiotok.analysis.export import Record, as_bytes
from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.prediction import Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_BANDS = 64
WINDOW, N_FFT = 400, 1024  # samples: 25 ms, and zeros so that the lowest bands have bins
RANGE_DB = 70.0  # below the loudest that is still told from silence
QUIETEST_DB = -100.0  # of power; a clip that is no louder is silent
TICKS_HZ = (500, 1_000, 2_000, 4_000)
COLUMNS_PER_FRAME = 2


def mel_spectrogram(samples: Samples, n_columns: int, hop: int) -> NDArray[np.float32]:
    """Return the level of each mel band in each column.

    Bands are those of HTK (``librosa.feature.melspectrogram(htk=True, norm=None)``), from 0 Hz to
    half the sample rate; a column is a Hann window of 25 ms around its middle.

    Parameters
    ----------
    samples : float32 array of shape ``(n_samples,)``; after its end there is silence.
    hop : samples of a column.

    Returns
    -------
    Shape ``(N_BANDS, n_columns)``, the lowest band first: 1 is the loudest of the clip, 0 is
    ``RANGE_DB`` below it or less.
    """
    import torch
    from torchaudio.transforms import MelSpectrogram

    edge = (N_FFT - hop) // 2
    padded = np.zeros(2 * edge + n_columns * hop, dtype=np.float32)
    heard = samples[: n_columns * hop]
    padded[edge : edge + len(heard)] = heard
    bands = MelSpectrogram(
        SAMPLE_RATE, N_FFT, win_length=WINDOW, hop_length=hop, n_mels=N_BANDS, center=False
    )
    power = bands(torch.from_numpy(padded)).numpy()
    decibels = 10 * np.log10(np.maximum(power, 10 ** (QUIETEST_DB / 10)))
    loudest = max(float(decibels.max(initial=QUIETEST_DB)), QUIETEST_DB + RANGE_DB)
    return np.asarray(np.clip((decibels - loudest) / RANGE_DB + 1, 0, 1), dtype=np.float32)


def spectrogram_levels(prediction: Prediction) -> NDArray[np.float32]:
    """Return the spectrogram of a prediction's clip, ``COLUMNS_PER_FRAME`` columns a frame."""
    hop = round(SAMPLE_RATE * prediction.frame_s / COLUMNS_PER_FRAME)
    n_columns = prediction.n_frames * COLUMNS_PER_FRAME
    return mel_spectrogram(prediction.recording.samples, n_columns, hop)


def spectrogram_record(prediction: Prediction) -> Record:
    """Return a clip's spectrogram, in types of JSON.

    Returns
    -------
    A dict with ``columns_per_frame``; ``levels``, bytes of shape ``(n_bands, n_columns)``, 255 the
    loudest; ``range_db``, what 0 to 255 stands for; and ``ticks``, pairs of a frequency in Hz and
    its place on the axis of the bands, 0 the lower end and 1 the upper one.
    """
    levels = spectrogram_levels(prediction)
    return {
        "columns_per_frame": COLUMNS_PER_FRAME,
        "levels": as_bytes(np.round(255 * levels).astype(np.uint8)),
        "range_db": RANGE_DB,
        "ticks": [[hz, place_of(hz)] for hz in TICKS_HZ],
    }


def place_of(hz: float) -> float:
    """Return where a frequency in Hz lies on the axis of the bands, 0 to 1."""
    between_centres = _mel(hz) / _mel(SAMPLE_RATE / 2) * (N_BANDS + 1)
    return round((between_centres - 0.5) / N_BANDS, 4)  # the first band is centred on 1


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))
