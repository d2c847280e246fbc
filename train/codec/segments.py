"""Random training segments of the codec: a batch for each step, fixed by the seed."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from audiotok.acoustics.measures import FRAME
from audiotok.audio import SAMPLE_RATE
from train.codec.settings import CodecConfig
from train.codec.teachers import Targets
from train.codec.voices import Voice
from train.encoding.distortions import coloured_noise

REFERENCE_SHARE = 0.5  # of the segments, quantized as if they were heard beside a reference


@dataclass(frozen=True)
class Batch:
    """A batch of training segments.

    Attributes
    ----------
    noisy, clean : encoder input and reconstruction target, shape ``(batch, 1, n_samples)``.
    targets : shape ``(batch, n_frames, n_taught_dimensions)``; NaN where the clip has ended.
    step : offset of the taught latents before quantizing, ``(batch, n_taught_dimensions)``.
    reference_step : further offset relative to a reference, undone after quantizing; same shape.
    """

    noisy: Tensor
    clean: Tensor
    targets: Tensor
    step: Tensor
    reference_step: Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(*(getattr(self, part.name).to(device) for part in fields(self)))


class Segments(Dataset[Batch]):
    """Data set of batches of random segments; item ``i`` depends on seed and ``i`` alone."""

    def __init__(self, voices: list[Voice], targets: list[Targets], config: CodecConfig) -> None:
        self.voices, self.targets, self.config = voices, targets, config
        weights = np.array([len(voice.wave) for voice in voices], dtype=float)
        self.weights = weights / weights.sum()
        self.of_speaker: dict[tuple[str, str, float], list[int]] = {}
        for number, voice in enumerate(voices):
            self.of_speaker.setdefault(voice.speaker, []).append(number)

    def __getitem__(self, step: int) -> Batch:
        rng = np.random.default_rng([self.config.seed, step])
        chosen = rng.choice(len(self.voices), size=self.config.batch_size, p=self.weights)
        parts = [self._segment(int(number), rng) for number in chosen]
        columns = (torch.from_numpy(np.stack(column)) for column in zip(*parts, strict=True))
        noisy, clean, *taught = columns
        return Batch(noisy[:, None], clean[:, None], *taught)

    def _segment(self, number: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], ...]:
        """Draw a segment, with and without noise, and its targets; the fields of ``Batch``."""
        voice, targets = self.voices[number], self.targets[number]
        n_frames = round(self.config.segment_s * SAMPLE_RATE / FRAME)
        first = int(rng.integers(0, max(1, len(targets.frames) - n_frames)))
        piece = voice.wave[first * FRAME : (first + n_frames) * FRAME]
        clean = np.pad(piece, (0, n_frames * FRAME - len(piece)))
        noisy = clean
        if rng.random() < self.config.noise_share:
            loudness = float(np.sqrt(np.mean(voice.wave**2)))
            noise = coloured_noise(len(clean), rng)
            softer = 10 ** (-rng.uniform(*self.config.snr_db) / 20)
            noisy = clean + noise * np.float32(loudness * softer)
        taught = targets.frames[first : first + n_frames]
        missing = ((0, n_frames - len(taught)), (0, 0))
        reference_step = np.zeros_like(targets.step)
        if rng.random() < REFERENCE_SHARE:
            same = self.of_speaker[voice.speaker]
            reference_step = self.targets[same[rng.integers(len(same))]].as_reference - targets.step
        return (
            noisy,
            clean,
            np.pad(taught, missing, constant_values=np.nan),
            targets.step,
            reference_step,
        )
