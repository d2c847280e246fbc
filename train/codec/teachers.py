"""What the first layers of the codec are taught: measures of a clip, frame by frame.

SpeechTokenizer (Zhang et al., ICLR 2024) distils HuBERT into its first layer, so that it carries
words. Here a teacher is a set of measures (``audiotok/measures.py``). It owns some dimensions of
the codec's latents, which learn to equal its targets, and the quantizer layer of its place in the
config (the first teacher layer 1, the second layer 2) quantizes these dimensions and no others.
The layers that follow carry what is left.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from audiotok.audio import Samples
from audiotok.measures import MEASURES, Floats, count_frames
from audiotok.reference import Lesson, Taught


def prepare(names: Sequence[str], clips: Sequence[Samples]) -> tuple[Lesson, list[Floats]]:
    """Ask the teachers about all clips, each whitened over all of them.

    Returns
    -------
    The lesson, and for each clip its targets, shape ``(n_frames, n_taught_dimensions)``; no names
    give targets without columns.
    """
    taught: list[Taught] = []
    columns: list[list[Floats]] = [[np.zeros((count_frames(c), 0), np.float32)] for c in clips]
    for name in names:
        bar = tqdm(clips, desc=f"teach {name}", unit="clip")
        found = [MEASURES[name](clip).relative for clip in bar]
        mean, whiten = _whitening(np.concatenate(found))
        taught.append(Taught(name, mean, whiten))
        for of_clip, target in zip(columns, found, strict=True):
            of_clip.append(((target - mean) @ whiten).astype(np.float32))
    return Lesson(tuple(taught)), [np.concatenate(of_clip, axis=1) for of_clip in columns]


def _whitening(frames: Floats) -> tuple[Floats, Floats]:
    mean = frames.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov((frames - mean).T.astype(np.float64)))
    whiten = directions / np.sqrt(np.maximum(variances, 1e-6 * variances.max()))
    return mean, whiten.astype(np.float32)
