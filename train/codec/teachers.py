"""Teachers of the codec's first layers: frame-level acoustic measures as targets.

SpeechTokenizer (Zhang et al., ICLR 2024) distils HuBERT into its first layer, so that it carries
words. Here a teacher is a set of measures (``audiotok/acoustics/measures.py``). It owns some
dimensions of the codec's latents, which learn to equal its targets, and the quantizer layer of its
place in the config (the first teacher layer 1, the second layer 2) quantizes these dimensions and
no others.
The layers that follow carry what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from audiotok.acoustics.measures import Floats, Measured, Sound, measure
from audiotok.acoustics.taught_dimensions import Measurements, TaughtDimensions, TaughtMeasure
from audiotok.audio import Samples


@dataclass(frozen=True)
class Targets:
    """Targets of the taught dimensions of a clip's latents.

    Attributes
    ----------
    frames : shape ``(n_frames, n_taught_dimensions)``.
    step : their offset before quantization, shape ``(n_taught_dimensions,)``.
    as_reference : their offset with this clip as the reference, the same shape.
    """

    frames: Floats
    step: Floats
    as_reference: Floats


def prepare(
    names: Sequence[str], clips: Sequence[Samples]
) -> tuple[TaughtDimensions, list[Targets]]:
    """Fit the taught dimensions on all clips and return their targets (none without names).

    Each teacher's measures are whitened over all frames, relative to their clips.
    """
    measured = [measure(names, clip) for clip in tqdm(clips, desc="teach", unit="clip")]
    taught = TaughtDimensions(
        tuple(
            _taught(name, [of_clip[place] for of_clip in measured])
            for place, name in enumerate(names)
        )
    )
    return taught, [
        _targets(taught, clip, of_clip) for clip, of_clip in zip(clips, measured, strict=True)
    ]


def _targets(taught: TaughtDimensions, clip: Samples, measured: Measurements) -> Targets:
    frames = [np.zeros((Sound(clip).n_frames, 0), np.float32)]
    frames += [t.target(m) for t, m in zip(taught.measures, measured, strict=True)]
    step, as_reference = taught.step(measured), taught.step(measured, [measured])
    return Targets(np.concatenate(frames, axis=1), step, as_reference)


def _taught(name: str, clips: Sequence[Measured]) -> TaughtMeasure:
    levels = np.array([clip.level for clip in clips])
    heard = ~np.isnan(levels)
    usual = np.nan_to_num(levels).sum(axis=0) / np.maximum(heard.sum(axis=0), 1)
    own = clips[0].own
    frames = np.concatenate(
        [clip.values + np.nan_to_num(np.where(own, usual - clip.level, 0)) for clip in clips]
    )
    mean = np.concatenate([clip.values for clip in clips]).mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov((frames - frames.mean(axis=0)).T))
    whiten = directions / np.sqrt(np.maximum(variances, 1e-6 * variances.max()))
    return TaughtMeasure(name, *(part.astype(np.float32) for part in (mean, usual, whiten)))
