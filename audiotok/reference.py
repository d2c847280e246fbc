"""A neutral clip of the same speaker: what the codec hears as high, loud or bright, it moves.

Emotion is heard relative to the speaker's own voice. Some dimensions of the codec's latents equal
measures of the voice relative to the clip (``audiotok/measures.py``), whitened. A reference puts
the level of the speaker's plain voice in the clip's place: a constant step of those dimensions,
taken before they are quantized. So a whole clip that is higher than the plain voice gets codes of
high frames, which without a reference it cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from audiotok.audio import Samples
from audiotok.measures import MEASURES, Floats, Measured

Measurements = tuple[Measured, ...]


@dataclass(frozen=True)
class Taught:
    """The measures that some dimensions of the latents were taught.

    Attributes
    ----------
    name : key of ``MEASURES``.
    mean : of each column over the codec's training clips, shape ``(n_columns,)``.
    whiten : from columns to latents, shape ``(n_columns, n_columns)``.
    """

    name: str
    mean: Floats
    whiten: Floats

    def __len__(self) -> int:
        return len(self.mean)

    def step(self, clip: Measured, references: Sequence[Measured]) -> Floats:
        """What the latents move by, shape ``(n_columns,)``.

        A column that is absolute without a reference keeps its usual mean; one in which a clip has
        no habit to be heard, such as the pitch of a whisper, stays.
        """
        habit = np.mean([reference.level for reference in references], axis=0)
        moved = np.nan_to_num(np.where(clip.own, clip.level, self.mean) - habit)
        return np.asarray(moved @ self.whiten, dtype=np.float32)


@dataclass(frozen=True)
class Lesson:
    """All that a codec was taught; the latents' first dimensions belong to it, in this order."""

    taught: tuple[Taught, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.taught)

    @property
    def n_dimensions(self) -> int:
        return sum(map(len, self.taught))

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """For each of the taught the dimensions that it owns."""
        ends = np.cumsum([len(taught) for taught in self.taught])
        return tuple(
            slice(int(end) - len(taught), int(end))
            for end, taught in zip(ends, self.taught, strict=True)
        )

    def measure(self, samples: Samples) -> Measurements:
        """Measure a clip, shape ``(n_samples,)``, as each of the taught does."""
        return tuple(MEASURES[taught.name](samples) for taught in self.taught)

    def step(self, clip: Measurements, references: Sequence[Measurements]) -> Floats:
        """What references move the taught dimensions by, shape ``(n_dimensions,)``."""
        steps = [
            taught.step(measured, [reference[i] for reference in references])
            for i, (taught, measured) in enumerate(zip(self.taught, clip, strict=True))
        ]
        return np.concatenate(steps)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Give what ``from_tensors`` reads."""
        return {
            f"{taught.name}.{part}": torch.from_numpy(np.ascontiguousarray(getattr(taught, part)))
            for taught in self.taught
            for part in ("mean", "whiten")
        }

    @classmethod
    def from_tensors(cls, names: Sequence[str], tensors: dict[str, torch.Tensor]) -> Lesson:
        """Put a lesson together; KeyError where a tensor or a measure is missing."""
        for name in names:
            MEASURES[name]
        return cls(
            tuple(
                Taught(n, tensors[f"{n}.mean"].numpy(), tensors[f"{n}.whiten"].numpy())
                for n in names
            )
        )
