"""Codebooks of a codec in training: k-means initialisation, masking, revival of dead codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans
from torch import Tensor
from tqdm import tqdm

from audiotok.acoustics.taught_dimensions import TaughtDimensions
from audiotok.errors import DataError


class Codebooks:
    """The codebooks of a ``speechtokenizer.SpeechTokenizer``, one a layer.

    Attributes
    ----------
    layers : one codebook a layer.
    masks : dimensions that each layer quantizes, zeros and ones, shape ``(n_layers, dimension)``:
        a taught layer its teacher's, the others all.

    Raises
    ------
    DataError
        When the teachers need more layers or dimensions than the codec has.
    """

    def __init__(self, model: Any, taught: TaughtDimensions, dimension: int) -> None:
        self.layers: list[Any] = [layer._codebook for layer in model.quantizer.vq.layers]
        n_layers = len(self.layers)
        if taught.n_dimensions > dimension or len(taught.measures) > n_layers:
            raise DataError(
                f"The teachers need {taught.n_dimensions} dimensions and {len(taught.measures)} "
                f"layers; the codec has {dimension} and {n_layers}."
            )
        self.device: torch.device = self.layers[0].embed.device
        self.masks = torch.ones(n_layers, dimension, device=self.device)
        for mask, owned in zip(self.masks, taught.slices, strict=False):
            mask[:] = 0
            mask[owned] = 1
        for layer in self.layers:
            layer.threshold_ema_dead_code = 0  # else every rare code is replaced at each step

    def commitment(self, latents: Tensor, by_layer: list[Tensor]) -> Tensor:
        """Return the commitment loss: mean squared error between latents and codes, masked.

        Parameters
        ----------
        latents : shape ``(batch, dimension, n_frames)``.
        by_layer : quantized residuals of each layer, each of the same shape.
        """
        residual, total = latents, torch.zeros((), device=self.device)
        for quantized, mask in zip(by_layer, self.masks, strict=False):
            residual = residual - quantized.detach()
            total = total + (residual**2 * mask[:, None]).mean() * (len(mask) / mask.sum())
        return total / len(by_layer)

    @torch.no_grad()
    def keep_to_masks(self) -> None:
        """Set codes of taught layers to zero outside their mask, after a moving-average update."""
        for codebook, mask in zip(self.layers, self.masks, strict=True):
            if not mask.all():
                codebook.embed.mul_(mask)
                codebook.embed_avg.mul_(mask)

    @torch.no_grad()
    def start(self, frames: NDArray[np.float32], n_frames_a_step: int, seed: int) -> None:
        """Initialise codes by mini-batch k-means on the residuals, layer after layer.

        Parameters
        ----------
        frames : latents, shape ``(n_frames, dimension)``.
        n_frames_a_step : frames a training step, the unit of the moving averages' counts.
        """
        residual: Any = frames
        layers = zip(self.layers, self.masks.cpu().numpy(), strict=True)
        for codebook, mask in tqdm(layers, desc="k-means", unit="layer"):
            means = MiniBatchKMeans(
                codebook.codebook_size, batch_size=4096, n_init=1, random_state=seed
            ).fit(residual * mask)
            embed = torch.from_numpy(means.cluster_centers_).to(self.device)
            counts = np.bincount(means.labels_, minlength=codebook.codebook_size)
            size = torch.from_numpy(counts * (n_frames_a_step / len(residual))).float() + 1e-2
            codebook.embed.copy_(embed)
            codebook.cluster_size.copy_(size)
            codebook.embed_avg.copy_(embed * size.to(self.device)[:, None])
            codebook.inited.fill_(True)
            residual = residual - means.cluster_centers_[means.labels_]

    @torch.no_grad()
    def revive(self, latents: Tensor, below: float, rng: np.random.Generator) -> None:
        """Replace codes used less than ``below`` times the mean by residuals of this batch.

        ``latents`` has shape ``(batch, dimension, n_frames)``.

        Upstream's own threshold counts uses a step, which is below it for every code here.
        """
        residual = latents.transpose(1, 2).flatten(0, 1)
        for codebook, mask in zip(self.layers, self.masks, strict=True):
            codes = codebook.quantize(residual)
            usual = codebook.cluster_size.mean()
            dead = torch.nonzero(codebook.cluster_size < below * usual)[:, 0]
            chosen = torch.from_numpy(rng.permutation(len(residual))[: len(dead)]).to(self.device)
            dead = dead[: len(chosen)]
            codebook.embed[dead] = residual[chosen] * mask
            codebook.cluster_size[dead] = usual
            codebook.embed_avg[dead] = residual[chosen] * mask * usual
            residual = residual - codebook.dequantize(codes)
