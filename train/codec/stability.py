"""Stability of codes: the share that a change of the sound, which few hear, leaves as it was."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audiotok.audio import Samples
from audiotok.codec import Codec
from train.encoding.distortions import DISTORTIONS
from train.evaluation.equal_codes import Pairs, equal_share
from train.method.code_groups import group_codebooks

CHANGES = ("Opus 32 kbit/s", "noise 20 dB", "room", "gain +12 dB", "gain -12 dB")
COARSE = 48  # codes a layer, as the vocabularies that ship merge them


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


def _encode_changed(codec: Codec, clips: Sequence[Samples]) -> dict[str, Pairs]:
    plain = [codec.encode(clip) for clip in clips]
    found: dict[str, Pairs] = {}
    for name in CHANGES:
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        changed = [codec.encode(DISTORTIONS[name](clip, rng)) for clip in clips]
        found[name] = list(zip(plain, changed, strict=True))
    return found
