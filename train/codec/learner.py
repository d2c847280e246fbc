"""Training state of the codec (model, optimizer, step) and its update."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from audiotok.acoustics.taught_dimensions import TaughtDimensions
from audiotok.audio import SAMPLE_RATE
from audiotok.codec_package import import_speechtokenizer
from train.codec.codebooks import Codebooks
from train.codec.log_mel import LogMelDistance
from train.codec.segments import Batch, Segments
from train.codec.settings import CodecConfig
from train.codec.taught_latents import moved, taught_loss
from train.codec.whitening import whiten

NOTHING_TAUGHT = TaughtDimensions()


class CodecLearner:
    """Model, optimizer and step of one training run.

    Attributes
    ----------
    step : number of updates.
    quantized : whether the codebooks are initialised; before that it is an autoencoder.
    """

    def __init__(
        self,
        config: CodecConfig,
        device: torch.device,
        taught: TaughtDimensions = NOTHING_TAUGHT,
    ) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.device = device
        self.n_taught = taught.n_dimensions
        self.model = import_speechtokenizer()(config.model).to(device)
        self.codebooks = Codebooks(self.model, taught, config.model["dimension"])
        self.distance = LogMelDistance().to(device)
        parameters = self.model.parameters()
        self.optimizer = torch.optim.AdamW(parameters, lr=config.learning_rate, betas=(0.8, 0.99))
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, config.steps)
        self.step = 0
        self.quantized = False

    @property
    def starts_to_quantize(self) -> bool:
        """Whether the autoencoder's share of the steps ends here."""
        first = int(self.config.steps * self.config.autoencoder_share)
        return self.step == first and not self.quantized

    @property
    def settling(self) -> bool:
        """Whether this is the last part of the run, in which no codes are replaced."""
        return self.step >= self.config.revive_share * self.config.steps

    @property
    def state(self) -> dict[str, Any]:
        """State dicts of model, optimizer and schedule, and the step: what ``resume`` loads."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": self.step,
            "quantized": self.quantized,
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Load the state of another run."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.step, self.quantized = state["step"], state["quantized"]

    @torch.no_grad()
    def start_codebooks(self, segments: Segments) -> None:
        """Whiten the latents of some batches and initialise the codebooks on them."""
        config = self.config
        n_frames = int(config.segment_s * SAMPLE_RATE) // self.model.downsample_rate
        n_batches = -(-config.kmeans_frames // int(n_frames * config.batch_size))
        latents = []
        for batch in (segments[step].to(self.device) for step in range(n_batches)):
            found = moved(self.model.encoder(batch.noisy), batch.step + batch.reference_step)
            latents.append(found.transpose(1, 2))
        frames = torch.cat(latents).flatten(0, 1)
        white = whiten(self.model, frames, self.n_taught, config.whitening)
        self.optimizer.state.clear()  # its moments belong to the old weights
        some = white[: config.kmeans_frames].cpu().numpy()
        self.codebooks.start(some, n_frames * config.batch_size, config.seed)
        self.quantized = True

    def train_step(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Update once; returns log-mel distance and mean squared error of taught dimensions."""
        config = self.config
        latents = self.model.encoder(batch.noisy)
        taught = taught_loss(latents, batch.targets)
        loss = config.teacher_weight * taught
        latents = moved(latents, batch.step)
        if self.quantized:
            quantized, commitment = self._quantize(moved(latents, batch.reference_step))
            loss = loss + config.commitment_weight * commitment
            latents = moved(quantized, -batch.reference_step)
        output = self.model.decoder(latents)
        log_mel = self.distance(output[:, 0], batch.clean[:, 0])
        loss = loss + log_mel
        loss = loss + config.waveform_weight * functional.l1_loss(output, batch.clean)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.step += 1
        return log_mel.detach(), taught.detach()

    def _quantize(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Quantize with a random number of layers; returns quantized latents and commitment."""
        config, step = self.config, self.step
        if step % config.revive_every == 0 and not self.settling:
            rng = np.random.default_rng([config.seed, step, 3])
            self.codebooks.revive(latents, config.revive_below, rng)
        rng = np.random.default_rng([config.seed, step, 1])
        n_layers = int(rng.integers(1, self.model.n_q + 1))
        quantized, _, _, by_layer = self.model.quantizer(
            latents, n_q=n_layers, layers=list(range(n_layers))
        )
        commitment = self.codebooks.commitment(latents, by_layer)
        self.codebooks.keep_to_masks()
        return quantized, commitment
