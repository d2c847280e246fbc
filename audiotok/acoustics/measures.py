"""Acoustic measures per frame, and the speaker's level in each of them.

Four sets of measures: ``content`` (phonetic), and ``pitch``, ``energy`` and ``quality``
(paralinguistic), which are of the Geneva minimalistic acoustic parameter set (Eyben et al. 2016).
Latents of the codec are trained to equal them (``train/codec/teachers.py``), and quantized relative
to the clip's own level, or to that of a reference clip of the same speaker
(``audiotok/acoustics/taught_dimensions.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torchaudio
from numpy.typing import NDArray

from audiotok.acoustics.pitch import track_voice
from audiotok.audio import SAMPLE_RATE, Samples

# Raise it whenever a measure, or the pitch that some are made of, comes out otherwise than before:
# codes depend on them, so it enters the fingerprint of every codec that was taught some.
VERSION = 1
FRAME = 320  # samples: 20 ms
WINDOW = 640
N_MELS = 40
N_CEPSTRA = 12
ONE_KHZ = 14  # mel bands whose middle is at or below it
ALPHA_SPLIT = 12  # mel bands below about 900 Hz, for the alpha ratio
USUAL_OCTAVES = 7.5  # log2 of 180 Hz: the pitch of a clip in which nothing is voiced

Floats = NDArray[np.float32]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """One set of measures of a clip.

    Attributes
    ----------
    values : shape ``(n_frames, n_columns)``, 50 frames a second, not normalised.
    level : the speaker's level in each column, shape ``(n_columns,)``; NaN where a column has none
        or it cannot be measured.
    own : columns that are normalised by the clip's own level where there is no reference; boolean,
        shape ``(n_columns,)``.
    """

    values: Array
    level: Array
    own: NDArray[np.bool_]


class Sound:
    """A waveform, shape ``(n_samples,)``, 16 kHz, with features that several measures share."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples

    @property
    def n_frames(self) -> int:
        """Number of whole frames, at least 1."""
        return max(1, len(self.samples) // FRAME)

    @cached_property
    def log_mel(self) -> Array:
        """Log-mel spectrum of 40 ms around the middle of each frame, shape ``(n_frames, 40)``."""
        transform = torchaudio.transforms.MelSpectrogram(
            SAMPLE_RATE, n_fft=WINDOW, hop_length=FRAME, n_mels=N_MELS, f_min=50, f_max=7600,
            center=False,
        )  # fmt: skip
        padded = np.pad(self.samples, ((WINDOW - FRAME) // 2, WINDOW)).astype(np.float32)
        spectrum = transform(torch.from_numpy(padded))
        return torch.log(spectrum + 1e-6).T.numpy()[: self.n_frames].astype(np.float64)

    @cached_property
    def energy(self) -> Array:
        """Sum of the log-mel spectrum over the root of its number of bands, ``(n_frames,)``."""
        return np.asarray(self.log_mel.sum(axis=1) / np.sqrt(N_MELS))

    @cached_property
    def voice(self) -> tuple[Array, Array]:
        """Pitch in Hz, NaN where unvoiced, and harmonicity in 0..1, both ``(n_frames,)``."""
        return track_voice(self.samples, self.n_frames)


def content(sound: Sound) -> Measured:
    """Return mel cepstra 1 to 12; the level of each is its mean over the clip."""
    basis = torchaudio.functional.create_dct(N_CEPSTRA + 1, N_MELS, norm="ortho").numpy()
    cepstra = sound.log_mel @ basis[:, 1:]  # the first one is the level
    return Measured(cepstra, cepstra.mean(axis=0), np.ones(N_CEPSTRA, dtype=bool))


def pitch(sound: Sound) -> Measured:
    """Return pitch in octaves (level: its median), voicing, change of pitch over 160 and 400 ms.

    Pitch is interpolated where unvoiced, and ``USUAL_OCTAVES`` where no frame is voiced.
    """
    hz, _ = sound.voice
    voiced = ~np.isnan(hz)
    octaves, level = np.full(sound.n_frames, USUAL_OCTAVES), np.nan
    if voiced.any():
        voiced_octaves = np.log2(hz[voiced])
        level = float(np.median(voiced_octaves))
        octaves = np.interp(np.arange(sound.n_frames), np.flatnonzero(voiced), voiced_octaves)
    changes = _change(_smooth(octaves, 1), 4), _change(_smooth(octaves, 2), 10)
    values = [_smooth(octaves, 1), _smooth(voiced.astype(float), 1), *changes]
    return _measured(values, [level, np.nan, np.nan, np.nan], own=1)


def energy(sound: Sound) -> Measured:
    """Return energy (level: its 95th percentile) and its change over 160, 400 and 800 ms."""
    log_energy = sound.energy
    changes = (
        _change(log_energy, 4),
        _change(_smooth(log_energy, 2), 10),
        _change(_smooth(log_energy, 3), 20),
    )
    level = [float(np.percentile(log_energy, 95)), np.nan, np.nan, np.nan]
    return _measured([log_energy, *changes], level, own=1)


def quality(sound: Sound) -> Measured:
    """Return five measures of voice quality; the level of each is its mean over the clip.

    Alpha ratio (energy below about 900 Hz over that above), slope of the spectrum below and above
    1 kHz, spectral flux, harmonicity. Without a reference none is normalised.
    """
    log_mel = sound.log_mel
    power = np.exp(log_mel)
    alpha = np.log(power[:, :ALPHA_SPLIT].mean(axis=1) / power[:, ALPHA_SPLIT:].mean(axis=1))
    flux = np.sqrt(np.mean(np.diff(log_mel, axis=0, prepend=log_mel[:1]) ** 2, axis=1))
    slopes = _slope(log_mel[:, 2:ONE_KHZ]), _slope(log_mel[:, ONE_KHZ:])
    values = [alpha, *slopes, flux, sound.voice[1]]
    return _measured(values, [float(column.mean()) for column in values], own=0)


MEASURES: dict[str, Callable[[Sound], Measured]] = {
    "content": content,
    "pitch": pitch,
    "energy": energy,
    "quality": quality,
}


def measure(names: Iterable[str], samples: Samples) -> tuple[Measured, ...]:
    """Return each of the named ``MEASURES`` of a clip, shape ``(n_samples,)``, 16 kHz."""
    sound = Sound(samples)
    return tuple(MEASURES[name](sound) for name in names)


def _measured(columns: list[Array], level: list[float], own: int) -> Measured:
    """Stack columns, of which the first ``own`` are normalised by the clip's own level."""
    return Measured(np.column_stack(columns), np.array(level), np.arange(len(level)) < own)


def _slope(bands: Array) -> Array:
    """Return the spectral slope over some mel bands, shape ``(n_frames,)``."""
    return np.asarray(bands @ np.linspace(-1, 1, bands.shape[1]))


def _smooth(values: NDArray, reach: int) -> NDArray:
    """Return the moving average over ``reach`` frames to either side."""
    kernel = np.ones(2 * reach + 1) / (2 * reach + 1)
    return np.convolve(np.pad(values, reach, mode="edge"), kernel, mode="valid")


def _change(values: NDArray, reach: int) -> NDArray:
    """Return the difference between ``reach`` frames after and as many before."""
    padded = np.pad(values, reach, mode="edge")
    return padded[2 * reach :] - padded[: -2 * reach]
