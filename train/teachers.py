"""What the first layers of the codec are taught: functions from a clip to targets, frame by frame.

SpeechTokenizer (Zhang et al., ICLR 2024) distils HuBERT into its first layer, so that it carries
words. Here a teacher is any function of a clip. It owns some dimensions of the codec's latents,
which learn to equal its targets, and the quantizer layer of its place in the config (the first
teacher layer 1, the second layer 2) quantizes these dimensions and no others. The layers that
follow carry what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torchaudio
from numpy.typing import NDArray
from tqdm import tqdm

from audiotok.analysis.pitch import track_voice
from audiotok.audio import SAMPLE_RATE, Samples

FRAME = 320  # samples: 20 ms
WINDOW = 640
N_MELS = 40
N_CEPSTRA = 12
ALPHA_SPLIT = 12  # mel bands below about 1 kHz, as in the alpha ratio

Floats = NDArray[np.float32]
Teacher = Callable[[Samples], Floats]


def content(samples: Samples) -> Floats:
    """Mel cepstra without level and without their mean over the clip, the speaker's share.

    Parameters
    ----------
    samples : waveform of shape ``(n_samples,)``, 16 kHz.

    Returns
    -------
    Array of shape ``(n_frames, 12)``, 50 frames a second.
    """
    log_mel = _log_mel(samples)
    basis = torchaudio.functional.create_dct(N_CEPSTRA + 1, N_MELS, norm="ortho").numpy()
    cepstra = log_mel @ basis[:, 1:]  # the first one is the level
    return np.asarray(cepstra - cepstra.mean(axis=0), dtype=np.float32)


def prosody(samples: Samples) -> Floats:
    """Pitch, energy and voice quality, relative to the clip, and where they are going.

    Ten columns: pitch in octaves from the clip's median, voicing, energy from the clip's 95th
    percentile, alpha ratio (energy below against above 1 kHz), harmonicity; the change of pitch
    and of energy over 160 and 400 ms, and of the alpha ratio over 200 ms. The measures are those
    of the Geneva set for voice research (Eyben et al. 2016).

    Parameters and return value as in ``content``.
    """
    log_mel = _log_mel(samples)
    n_frames = len(log_mel)
    hz, harmonicity = track_voice(samples, n_frames)
    voiced = ~np.isnan(hz)
    octaves = np.zeros(n_frames)
    if voiced.any():
        heard = np.log2(hz[voiced])
        octaves = np.interp(np.arange(n_frames), np.flatnonzero(voiced), heard)
        octaves -= np.median(heard)
    energy = log_mel.sum(axis=1) / np.sqrt(N_MELS)
    energy -= np.percentile(energy, 95)
    power = np.exp(log_mel)
    alpha = np.log(power[:, :ALPHA_SPLIT].mean(axis=1) / power[:, ALPHA_SPLIT:].mean(axis=1))
    columns = [
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
    return np.column_stack(columns).astype(np.float32)


TEACHERS: dict[str, Teacher] = {"content": content, "prosody": prosody}


@dataclass(frozen=True)
class Lesson:
    """The targets of several teachers, each whitened over the training clips.

    Attributes
    ----------
    slices : for each teacher the latents' dimensions that it owns.
    targets : for each clip an array of shape ``(n_frames, n_taught_dimensions)``.
    """

    slices: tuple[slice, ...]
    targets: list[Floats]

    @classmethod
    def prepare(cls, names: Sequence[str], clips: Sequence[Samples]) -> Lesson:
        """Ask the teachers about all clips; no names give targets without columns."""
        slices: list[slice] = []
        columns: list[list[Floats]] = [[np.zeros((count_frames(c), 0), np.float32)] for c in clips]
        for name in names:
            bar = tqdm(clips, desc=f"teach {name}", unit="clip")
            taught = [TEACHERS[name](clip) for clip in bar]
            frames = np.concatenate(taught)
            mean, whiten = _whitening(frames)
            first = slices[-1].stop if slices else 0
            slices.append(slice(first, first + frames.shape[1]))
            for of_clip, target in zip(columns, taught, strict=True):
                of_clip.append(((target - mean) @ whiten).astype(np.float32))
        return cls(tuple(slices), [np.concatenate(of_clip, axis=1) for of_clip in columns])


def count_frames(samples: Samples) -> int:
    """Whole frames of a waveform; a shorter clip has one."""
    return max(1, len(samples) // FRAME)


def _log_mel(samples: Samples) -> NDArray[np.float64]:
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


def _whitening(frames: Floats) -> tuple[Floats, Floats]:
    mean = frames.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov((frames - mean).T.astype(np.float64)))
    whiten = directions / np.sqrt(np.maximum(variances, 1e-6 * variances.max()))
    return mean, whiten.astype(np.float32)
