"""Masks of attention that differ by layer: some queries do not see some keys."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from audiotok.sequence import Block

Tensor = torch.Tensor


def allowed_attention(
    padding: Tensor, blocks: Sequence[Sequence[Block]], layer: int, *, causal: bool
) -> Tensor:
    """Return which keys each query sees in a layer, bool ``(n_sequences, 1, queries, keys)``.

    Parameters
    ----------
    padding : 1 where there is a token, 0 where there is padding, ``(n_sequences, n_positions)``.
    blocks : attention that is cut in each sequence.
    layer : 1-based.
    causal : whether a query sees no later key, as in decoders.
    """
    n_positions = padding.shape[1]
    allowed = padding.bool()[:, None, :].repeat(1, n_positions, 1)
    for of_sequence, cut in zip(allowed, blocks, strict=True):
        for block in cut:
            if layer in block.layers:
                queries = torch.tensor(block.queries, dtype=torch.long, device=padding.device)
                keys = torch.tensor(block.keys, dtype=torch.long, device=padding.device)
                of_sequence[queries[:, None], keys] = False
    if causal:
        allowed &= torch.ones_like(allowed[0]).tril()
    # Whoever sees nothing else, such as padding, sees itself: a softmax over nothing is no number.
    itself = torch.eye(n_positions, dtype=torch.bool, device=padding.device)
    return (allowed | (itself & ~allowed.any(dim=-1, keepdim=True)))[:, None]
