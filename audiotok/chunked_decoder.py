"""A codec's decoder a few seconds at a time: what it works on stays in the processor's cache.

A minute of sound takes half the time, and memory for some seconds, not for all of them.
"""

from __future__ import annotations

from typing import Any

import torch

Tensor = torch.Tensor

CHUNK_FRAMES = 200
CONTEXT_FRAMES = 8  # on either side; the convolutions reach less far


def decode_in_chunks(decoder: Any, latents: Tensor, samples_per_frame: int) -> Tensor:
    """Return the waveform of latents, as the decoder gives it at once but for rounding.

    Parameters
    ----------
    decoder : ``speechtokenizer``'s SEANetDecoder. Its layers up to the last recurrent one read the
        whole clip; what follows are convolutions.
    latents : shape ``(1, dimension, n_frames)``.

    Returns
    -------
    Shape ``(n_frames * samples_per_frame,)``.
    """
    layers = decoder.model
    recurrent = [n for n, layer in enumerate(layers) if _is_recurrent(layer)]
    n_whole = recurrent[-1] + 1 if recurrent else 0
    states = layers[:n_whole](latents)
    n_frames = states.shape[-1]
    waves = []
    for first in range(0, n_frames, CHUNK_FRAMES):
        end = min(first + CHUNK_FRAMES, n_frames)
        begin = max(0, first - CONTEXT_FRAMES)
        wave = layers[n_whole:](states[..., begin : end + CONTEXT_FRAMES])[0, 0]
        start = (first - begin) * samples_per_frame
        waves.append(wave[start : start + (end - first) * samples_per_frame])
    return torch.cat(waves)


def _is_recurrent(layer: torch.nn.Module) -> bool:
    return any(isinstance(part, torch.nn.RNNBase) for part in layer.modules())
