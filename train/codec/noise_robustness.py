"""Noise-robust training: self-distillation of a trained encoder on distorted speech.

From a distorted clip the encoder learns the latents that it gave of the clean one. Codebooks and
decoder are frozen, so models of clean codes read these too. Where a distortion changes a clip's
mean measures, such as its spectral tilt, the offset subtracted before quantizing changes as well
(``audiotok/acoustics/taught_dimensions.py``); the target latents change by as much, so that the
codes stay.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from audiotok.acoustics.measures import FRAME
from audiotok.acoustics.taught_dimensions import TaughtDimensions
from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.codec_package import import_speechtokenizer
from train.codec.loop import batches, digest_of, forget_before, load_state, save_state
from train.codec.settings import CodecConfig, NoiseRobustTrainingConfig
from train.encoding.distortions import transmit

logger = logging.getLogger(__name__)

Changed = tuple[Tensor, Tensor, Tensor]
Arrays = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]

CLEAN_SHARE = 0.2  # of the segments, which stay as they are
N_SCALE_BATCHES = 20  # whose latents say how far each dimension deviates


def train_noise_robust(
    model: Any,
    taught: TaughtDimensions,
    waves: Sequence[Samples],
    config: CodecConfig,
    settings: NoiseRobustTrainingConfig,
) -> None:
    """Train the encoder of ``model`` in place; resumes from the checkpoint in ``config.work``.

    Parameters
    ----------
    model : a trained ``speechtokenizer.SpeechTokenizer`` with the architecture of ``config``.
    waves : clips to learn from, each of shape ``(n_samples,)``, near the peak that is encoded.
    """
    segments = ChangedSegments(waves, taught, settings)
    teacher = import_speechtokenizer()(config.model)
    teacher.load_state_dict(model.state_dict())
    run = _Run(model.encoder, teacher.encoder, settings, segments)
    checkpoint = config.work / "noise_robust_training.pt"
    # The codec that it goes on from already stands for the config and the clips.
    key = digest_of(model.state_dict().values(), settings.model_dump())
    run.resume(load_state(checkpoint, run.device, key))
    with tqdm(
        total=settings.steps, initial=run.step, desc="noise-robust training", unit="step"
    ) as bar:
        for batch in batches(segments, run.step, settings.steps, run.device):
            error = run.train_step(batch)
            bar.update()
            if run.step % 50 == 0:
                bar.set_postfix(error=f"{error.item():.3f}")
            if run.step % config.checkpoint_every == 0 or run.step == settings.steps:
                save_state(run.state, checkpoint, key)
    forget_before(checkpoint)


@dataclass(frozen=True)
class ChangedSegments(Dataset[Changed]):
    """Data set of batches of distorted and clean segments; item ``i`` depends on seed and ``i``.

    A batch is distorted and clean segments, both ``(batch, 1, n_samples)``, and the difference of
    their offsets of taught latents, ``(batch, n_taught_dimensions)``.
    """

    waves: Sequence[Samples]
    taught: TaughtDimensions
    config: NoiseRobustTrainingConfig

    def __getitem__(self, step: int) -> Changed:
        rng = np.random.default_rng([self.config.seed, step])
        lengths = np.array([len(wave) for wave in self.waves], dtype=float)
        chosen = rng.choice(len(lengths), size=self.config.batch_size, p=lengths / lengths.sum())
        parts = [self._segment(self.waves[int(number)], rng) for number in chosen]
        changed, clean, moved = (
            torch.from_numpy(np.stack(column)) for column in zip(*parts, strict=True)
        )
        return changed[:, None], clean[:, None], moved

    def _segment(self, wave: Samples, rng: np.random.Generator) -> Arrays:
        """Draw a segment: distorted at its former peak, clean, and the difference of offsets."""
        n_samples = round(self.config.segment_s * SAMPLE_RATE / FRAME) * FRAME
        first = int(rng.integers(0, max(1, len(wave) - n_samples)))
        clean = changed = wave[first : first + n_samples]
        if rng.random() >= CLEAN_SHARE:
            changed = transmit(clean, rng)
            changed = changed * np.float32(np.abs(clean).max() / max(np.abs(changed).max(), 1e-4))
        clean, changed = (np.pad(sound, (0, n_samples - len(sound))) for sound in (clean, changed))
        out_of_clean, out_of_changed = (
            self.taught.step(self.taught.measure(sound)) for sound in (clean, changed)
        )
        return changed, clean, out_of_clean - out_of_changed


class _Run:
    """Encoder, optimizer and step of one training run."""

    def __init__(
        self,
        encoder: Any,
        teacher: Any,
        config: NoiseRobustTrainingConfig,
        segments: ChangedSegments,
    ) -> None:
        self.device = next(encoder.parameters()).device
        self.encoder = encoder
        self.teacher = teacher.to(self.device).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(encoder.parameters(), betas=(0.9, 0.99))
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, config.learning_rate, config.steps, pct_start=0.1
        )
        self.step = 0
        n_batches = min(N_SCALE_BATCHES, config.steps)
        with torch.no_grad():
            latents = [self.teacher(segments[n][1].to(self.device)) for n in range(n_batches)]
        self.scale = torch.cat(latents).std(dim=(0, 2)).clamp(min=1e-4)

    @property
    def state(self) -> dict[str, Any]:
        return {
            "encoder": self.encoder.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": self.step,
        }

    def resume(self, state: dict[str, Any] | None) -> None:
        if state is None:
            return
        self.encoder.load_state_dict(state["encoder"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.step = state["step"]
        logger.info("going on from step %d of the noise-robust training", self.step)

    def train_step(self, batch: Changed) -> Tensor:
        """Update once; returns the standardised mean squared error, taught dimensions doubled."""
        changed, clean, moved = (part.to(self.device) for part in batch)
        n_taught = moved.shape[1]
        with torch.no_grad():
            wanted = self.teacher(clean)
            wanted[:, :n_taught] += moved[:, :, None]
        error = ((self.encoder(changed) - wanted) / self.scale[:, None]) ** 2
        loss = error.mean()
        if n_taught:
            loss = loss + error[:, :n_taught].mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.encoder.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.step += 1
        return loss.detach()
