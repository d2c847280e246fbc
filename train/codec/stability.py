"""Stability of codes: the share that a change of the sound, which few hear, leaves as it was."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audiotok.audio import Samples
from audiotok.codec import Codec
from audiotok.vocabulary import Codes, Groups, group_codes
from train.encoding.distortions import DISTORTIONS
from train.method.code_groups import group_codebooks

CHANGES = ("Opus 32 kbit/s", "noise 20 dB", "room", "gain +12 dB", "gain -12 dB")
COARSE = 64  # codes a layer, as vocabularies may merge them

Pairs = Sequence[tuple[Codes, Codes]]


def measure_stability(
    codec: Codec, clips: Sequence[Samples]
) -> dict[int, dict[str, NDArray[np.float64]]]:
    """Encode clips as they are and changed, and compare the codes frame by frame.

    Parameters
    ----------
    clips : waveforms, each ``(n_samples,)``, mono, 16 kHz.

    Returns
    -------
    By number of codes a layer (the codec's own, and ``COARSE`` groups of similar ones) and by
    change, the share of frames whose code stays the same, shape ``(n_layers,)``.
    """
    changed = _encode_changed(codec, clips)
    found = {codec.codebook_size: {name: equal_share(pairs) for name, pairs in changed.items()}}
    if codec.codebook_size > COARSE:
        groups = group_codebooks(codec.codebooks, COARSE, seed=0)
        found[COARSE] = {name: equal_share(pairs, groups) for name, pairs in changed.items()}
    return found


def equal_share(pairs: Pairs, groups: Groups | None = None) -> NDArray[np.float64]:
    """Return the share of equal codes by layer, shape ``(n_layers,)``, all frames together.

    Parameters
    ----------
    pairs : codes before and after, each ``(n_layers, n_frames)``; of unequal ones the frames that
        both have.
    groups : group number of every code, shape ``(n_layers, codebook_size)``.
    """
    same = []
    for pair in pairs:
        n_frames = min(codes.shape[1] for codes in pair)
        cut = [codes[:, :n_frames] for codes in pair]
        before, after = cut if groups is None else [group_codes(codes, groups) for codes in cut]
        same.append(before == after)
    return np.concatenate(same, axis=1).mean(axis=1)


def _encode_changed(codec: Codec, clips: Sequence[Samples]) -> dict[str, Pairs]:
    plain = [codec.encode(clip) for clip in clips]
    found: dict[str, Pairs] = {}
    for name in CHANGES:
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        changed = [codec.encode(DISTORTIONS[name](clip, rng)) for clip in clips]
        found[name] = list(zip(plain, changed, strict=True))
    return found
