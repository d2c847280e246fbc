"""What a voice does, frame by frame, and what of it is the speaker's habit.

Two sets of measures: ``content``, which says words, and ``prosody``, which says how. The codec is
taught both (``train/codec/teachers.py``), relative to the clip. A reference clip of the same
speaker puts its own level in the clip's place (``audiotok/reference.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torchaudio
from numpy.typing import NDArray

from audiotok.analysis.pitch import track_voice
from audiotok.audio import SAMPLE_RATE, Samples

FRAME = 320  # samples: 20 ms
WINDOW = 640
N_MELS = 40
N_CEPSTRA = 12
ALPHA_SPLIT = 12  # mel bands below about 1 kHz, as in the alpha ratio

Floats = NDArray[np.float32]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """The measures of a clip.

    Attributes
    ----------
    values : shape ``(n_frames, n_columns)``, 50 frames a second, as they sound.
    level : what the speaker's habit is in each column, shape ``(n_columns,)``; NaN where it is none
        or cannot be heard.
    own : columns whose level the clip itself gives, so that without a reference they are relative
        to it; boolean, shape ``(n_columns,)``.
    """

    values: Array
    level: Array
    own: NDArray[np.bool_]

    @property
    def relative(self) -> Floats:
        """The measures relative to the clip's own level, shape ``(n_frames, n_columns)``."""
        return (self.values - np.where(self.own, np.nan_to_num(self.level), 0)).astype(np.float32)


def content(samples: Samples) -> Measured:
    """Twelve mel cepstra without level; their mean over the clip is the speaker's habit.

    Parameters
    ----------
    samples : waveform of shape ``(n_samples,)``, 16 kHz.
    """
    basis = torchaudio.functional.create_dct(N_CEPSTRA + 1, N_MELS, norm="ortho").numpy()
    cepstra = _log_mel(samples) @ basis[:, 1:]  # the first one is the level
    return Measured(cepstra, cepstra.mean(axis=0), np.ones(N_CEPSTRA, dtype=bool))


def prosody(samples: Samples) -> Measured:
    """Pitch, energy and voice quality, and where they are going.

    Ten columns: pitch in octaves (habit: the median), voicing, energy (habit: the 95th
    percentile), alpha ratio (energy below against above 1 kHz; habit: the mean), harmonicity
    (habit: the mean); the change of pitch and of energy over 160 and 400 ms, and of the alpha ratio
    over 200 ms. The measures are those of the Geneva set for voice research (Eyben et al. 2016).
    Without a reference, pitch and energy are relative to the clip, the others absolute.

    Parameters
    ----------
    samples : waveform of shape ``(n_samples,)``, 16 kHz.
    """
    log_mel = _log_mel(samples)
    n_frames = len(log_mel)
    hz, harmonicity = track_voice(samples, n_frames)
    voiced = ~np.isnan(hz)
    octaves, habit = np.zeros(n_frames), np.nan
    if voiced.any():
        heard = np.log2(hz[voiced])
        habit = float(np.median(heard))
        octaves = np.interp(np.arange(n_frames), np.flatnonzero(voiced), heard)
    energy = log_mel.sum(axis=1) / np.sqrt(N_MELS)
    power = np.exp(log_mel)
    alpha = np.log(power[:, :ALPHA_SPLIT].mean(axis=1) / power[:, ALPHA_SPLIT:].mean(axis=1))
    values = np.column_stack(
        [
            _smooth(octaves, 1),
            _smooth(voiced.astype(float), 1),
            energy,
            alpha,
            harmonicity,
            _change(_smooth(octaves, 1), 4),
            _change(_smooth(octaves, 2), 10),
            _change(energy, 4),
            _change(_smooth(energy, 2), 10),
            _change(_smooth(alpha, 1), 5),
        ]
    )
    level, own = np.full(values.shape[1], np.nan), np.zeros(values.shape[1], dtype=bool)
    level[0], level[2:5] = habit, (np.percentile(energy, 95), alpha.mean(), harmonicity.mean())
    own[[0, 2]] = True
    return Measured(values, level, own)


MEASURES: dict[str, Callable[[Samples], Measured]] = {"content": content, "prosody": prosody}


def count_frames(samples: Samples) -> int:
    """Whole frames of a waveform; a shorter clip has one."""
    return max(1, len(samples) // FRAME)


def _log_mel(samples: Samples) -> Array:
    """Log-mel spectrum around the middle of each frame, shape ``(n_frames, 40)``."""
    transform = torchaudio.transforms.MelSpectrogram(
        SAMPLE_RATE, n_fft=WINDOW, hop_length=FRAME, n_mels=N_MELS, f_min=50, f_max=7600,
        center=False,
    )  # fmt: skip
    padded = np.pad(samples, ((WINDOW - FRAME) // 2, WINDOW))
    spectrum = transform(torch.from_numpy(padded.astype(np.float32)))
    return torch.log(spectrum + 1e-6).T.numpy()[: count_frames(samples)].astype(np.float64)


def _smooth(values: NDArray, reach: int) -> NDArray:
    """Mean over ``reach`` frames to either side."""
    kernel = np.ones(2 * reach + 1) / (2 * reach + 1)
    return np.convolve(np.pad(values, reach, mode="edge"), kernel, mode="valid")


def _change(values: NDArray, reach: int) -> NDArray:
    """From ``reach`` frames before to as many after."""
    padded = np.pad(values, reach, mode="edge")
    return padded[2 * reach :] - padded[: -2 * reach]
