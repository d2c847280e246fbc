"""Speaker normalisation of the codec's latents, by the clip itself or by reference clips.

Emotion is perceived relative to the speaker's own voice. Some dimensions of the codec's latents
are trained to equal acoustic measures (``audiotok/acoustics/measures.py``), whitened. Before they
are quantized, a constant is added that removes the speaker's level: the clip's own, or that of
neutral reference clips. With a reference, a clip that is higher throughout than the speaker's
neutral voice gets codes of high pitch; without one, the clip's own level hides that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from audiotok.acoustics.measures import MEASURES, Floats, Measured, measure
from audiotok.audio import Samples

Measurements = tuple[Measured, ...]
PARTS = ("mean", "usual", "whiten")


@dataclass(frozen=True)
class TaughtMeasure:
    """One set of measures that some dimensions of the latents were trained to equal.

    Attributes
    ----------
    name : key of ``MEASURES``.
    mean : of each column over the codec's training clips, shape ``(n_columns,)``.
    usual : mean of the training clips' levels, shape ``(n_columns,)``.
    whiten : whitening matrix, from columns to latents, shape ``(n_columns, n_columns)``.
    """

    name: str
    mean: Floats
    usual: Floats
    whiten: Floats

    def __len__(self) -> int:
        return len(self.mean)

    def target(self, clip: Measured) -> Floats:
        """Return the whitened measures, targets of the latents, ``(n_frames, n_columns)``."""
        return np.asarray((clip.values - self.mean) @ self.whiten, dtype=np.float32)

    def measured(self, latents: Floats) -> Floats:
        """Return the measures, relative to the level, that latents ``(n, n_columns)`` stand for."""
        return np.asarray(latents @ np.linalg.inv(self.whiten) + self.mean - self.usual)

    def step(self, clip: Measured, references: Sequence[Measured] = ()) -> Floats:
        """Return the shift of the latents from the speaker's level to ``usual``, ``(n_columns,)``.

        The speaker's level is the mean over the references. Without a reference, and in columns in
        which one of them has no level (such as the pitch of a whisper), it is the clip's own in the
        columns that are ``own``, and the shift is 0 in the others.
        """
        level = np.where(clip.own, clip.level, np.nan)
        if references:
            reference_level = np.mean([reference.level for reference in references], axis=0)
            level = np.where(np.isnan(reference_level), level, reference_level)
        return np.asarray(np.nan_to_num(self.usual - level) @ self.whiten, dtype=np.float32)


@dataclass(frozen=True)
class TaughtDimensions:
    """All measures that a codec was taught: the first dimensions of its latents, in this order."""

    measures: tuple[TaughtMeasure, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.measures)

    @property
    def n_dimensions(self) -> int:
        """Number of taught dimensions of the latents."""
        return sum(map(len, self.measures))

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """For each set of measures its dimensions of the latents."""
        ends = np.cumsum([len(taught) for taught in self.measures])
        return tuple(
            slice(int(end) - len(taught), int(end))
            for end, taught in zip(ends, self.measures, strict=True)
        )

    def measure(self, samples: Samples) -> Measurements:
        """Return each set of measures of a clip, shape ``(n_samples,)``, 16 kHz."""
        return measure((taught.name for taught in self.measures), samples)

    def step(self, clip: Measurements, references: Sequence[Measurements] = ()) -> Floats:
        """Return the shift of the latents before quantization, shape ``(n_dimensions,)``."""
        steps = [
            taught.step(measured, [reference[i] for reference in references])
            for i, (taught, measured) in enumerate(zip(self.measures, clip, strict=True))
        ]
        return np.concatenate([np.zeros(0, np.float32), *steps])

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the tensors that ``from_tensors`` reads, by ``<measure>.<part>``."""
        return {
            f"{taught.name}.{part}": torch.from_numpy(np.ascontiguousarray(getattr(taught, part)))
            for taught in self.measures
            for part in PARTS
        }

    @classmethod
    def from_tensors(
        cls, names: Sequence[str], tensors: dict[str, torch.Tensor]
    ) -> TaughtDimensions:
        """Assemble taught dimensions; raises KeyError where a tensor or a measure is missing."""
        for name in names:
            MEASURES[name]
        return cls(
            tuple(
                TaughtMeasure(name, *(tensors[f"{name}.{part}"].numpy() for part in PARTS))
                for name in names
            )
        )
