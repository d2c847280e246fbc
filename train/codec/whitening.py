"""Whitening of latents before the codebooks are initialised.

A plain autoencoder puts nearly all variance into a few directions of its latents, which dominate
k-means. The whitening map is folded into the encoder's last and the decoder's first convolution,
and leaves the reconstruction unchanged.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


@torch.no_grad()
def whiten(model: Any, frames: Tensor, n_taught: int, strength: float) -> Tensor:
    """Fold a whitening of latents ``(n_frames, dimension)`` into encoder and decoder, in place.

    Taught dimensions are unchanged; the others have a mean variance of 1 afterwards.

    Parameters
    ----------
    model : a ``speechtokenizer.SpeechTokenizer``.
    n_taught : how many of the first dimensions are taught.
    strength : 0 leaves the other variances as they are, 1 makes them equal.

    Returns
    -------
    The whitened frames, as the encoder now gives them.
    """
    identity = torch.eye(frames.shape[1], device=frames.device)
    mean = frames.mean(dim=0)
    mean[:n_taught] = 0
    free = (frames - mean)[:, n_taught:]
    variances, directions = torch.linalg.eigh(torch.cov(free.T))
    scale = variances.clamp(min=1e-6 * float(variances.max())) ** (strength / 2)
    scale = scale * torch.sqrt((variances / scale**2).mean())
    there, back = identity.clone(), identity
    there[n_taught:, n_taught:] = (directions / scale).T
    back[n_taught:, n_taught:] = directions * scale
    last, first = model.encoder.model[-1].conv.conv, model.decoder.model[0].conv.conv
    first_weight = first.weight.detach()
    _set_weight(last, torch.einsum("ed,dck->eck", there, last.weight.detach()))
    last.bias.copy_(there @ (last.bias - mean))
    first.bias.add_(torch.einsum("odk,d->o", first_weight, mean))
    _set_weight(first, torch.einsum("odk,de->oek", first_weight, back))
    return (frames - mean) @ there.T


def _set_weight(conv: Any, weight: Tensor) -> None:
    """Set the weight of a weight-normed convolution, ``(n_out, n_in, n_taps)``."""
    conv.weight_v.copy_(weight)
    conv.weight_g.copy_(weight.flatten(1).norm(dim=1)[:, None, None])
