"""Loss of the taught dimensions of latents, and their offset before quantization."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def moved(latents: Tensor, step: Tensor) -> Tensor:
    """Add ``step``, ``(batch, n_taught_dimensions)``, to the first dimensions of all frames.

    ``latents`` has shape ``(batch, dimension, n_frames)``, and so has what comes back.
    """
    missing = latents.shape[1] - step.shape[1]
    return latents + functional.pad(step, (0, missing))[:, :, None]


def taught_loss(latents: Tensor, targets: Tensor) -> Tensor:
    """Return the mean squared error of taught dimensions over non-NaN targets; 0 without any.

    Parameters
    ----------
    latents : shape ``(batch, dimension, n_frames)``.
    targets : of the first dimensions, ``(batch, n_frames, n_taught_dimensions)``; NaN if missing.
    """
    known = ~targets.isnan()
    if not known.any():
        return torch.zeros((), device=latents.device)
    said = latents[:, : targets.shape[2]].transpose(1, 2)
    return functional.mse_loss(said[known], targets[known])
