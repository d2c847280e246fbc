"""What a clip is high, loud or bright against: itself, or the speaker's plain voice.

Emotion is heard relative to the speaker's own voice. Some dimensions of the codec's latents equal
measures of the voice (``audiotok/acoustics/measures.py``), whitened. Before they are quantized, a
constant step takes the speaker's level out of them: the clip's own, or that of a reference clip.
So a whole clip that is higher than the plain voice gets codes of high frames, which without a
reference it cannot.
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
    """The measures that some dimensions of the latents were taught.

    Attributes
    ----------
    name : key of ``MEASURES``.
    mean : of each column over the codec's training clips, shape ``(n_columns,)``.
    usual : mean of the training clips' levels, shape ``(n_columns,)``.
    whiten : from columns to latents, shape ``(n_columns, n_columns)``.
    """

    name: str
    mean: Floats
    usual: Floats
    whiten: Floats

    def __len__(self) -> int:
        return len(self.mean)

    def target(self, clip: Measured) -> Floats:
        """What the latents learn to equal, shape ``(n_frames, n_columns)``."""
        return np.asarray((clip.values - self.mean) @ self.whiten, dtype=np.float32)

    def measured(self, latents: Floats) -> Floats:
        """Read latents ``(n, n_columns)`` as measures less the level that was taken out of them."""
        return np.asarray(latents @ np.linalg.inv(self.whiten) + self.mean - self.usual)

    def step(self, clip: Measured, references: Sequence[Measured] = ()) -> Floats:
        """What the latents move by, shape ``(n_columns,)``: from the speaker's habit to the usual.

        Without a reference, and in a column in which one of them has no habit to be heard, such as
        the pitch of a whisper, the clip's own level counts where it is ``own``.
        """
        habit = np.where(clip.own, clip.level, np.nan)
        if references:
            told = np.mean([reference.level for reference in references], axis=0)
            habit = np.where(np.isnan(told), habit, told)
        return np.asarray(np.nan_to_num(self.usual - habit) @ self.whiten, dtype=np.float32)


@dataclass(frozen=True)
class TaughtDimensions:
    """All that a codec was taught; the latents' first dimensions belong to it, in this order."""

    measures: tuple[TaughtMeasure, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.measures)

    @property
    def n_dimensions(self) -> int:
        return sum(map(len, self.measures))

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """For each of the taught the dimensions that it owns."""
        ends = np.cumsum([len(taught) for taught in self.measures])
        return tuple(
            slice(int(end) - len(taught), int(end))
            for end, taught in zip(ends, self.measures, strict=True)
        )

    def measure(self, samples: Samples) -> Measurements:
        """Measure a clip, shape ``(n_samples,)``, as each of the taught does."""
        return measure((taught.name for taught in self.measures), samples)

    def step(self, clip: Measurements, references: Sequence[Measurements] = ()) -> Floats:
        """What the taught dimensions move by before quantizing, shape ``(n_dimensions,)``."""
        steps = [
            taught.step(measured, [reference[i] for reference in references])
            for i, (taught, measured) in enumerate(zip(self.measures, clip, strict=True))
        ]
        return np.concatenate([np.zeros(0, np.float32), *steps])

    def tensors(self) -> dict[str, torch.Tensor]:
        """Give what ``from_tensors`` reads."""
        return {
            f"{taught.name}.{part}": torch.from_numpy(np.ascontiguousarray(getattr(taught, part)))
            for taught in self.measures
            for part in PARTS
        }

    @classmethod
    def from_tensors(
        cls, names: Sequence[str], tensors: dict[str, torch.Tensor]
    ) -> TaughtDimensions:
        """Assemble taught dimensions; KeyError where a tensor or a measure is missing."""
        for name in names:
            MEASURES[name]
        return cls(
            tuple(
                TaughtMeasure(name, *(tensors[f"{name}.{part}"].numpy() for part in PARTS))
                for name in names
            )
        )
