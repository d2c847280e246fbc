"""Clip variants: as recorded, distorted or augmented, with or without a neutral reference."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from audiotok.audio import Samples
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.encoding.distortions import DISTORTIONS, augment

AUGMENTED = "augmented"


@dataclass(frozen=True)
class ClipVariant:
    """A record's clip with the change and the references that it is encoded with.

    Attributes
    ----------
    change : applied to the waveform first: empty, a name in ``DISTORTIONS``, or, for training,
        ``augmented <number>``. References are changed alike, as if by the same microphone.
    references : neutral records of the same speaker, which the codes are relative to.
    """

    record: Record
    change: str = ""
    references: tuple[Record, ...] = ()

    @property
    def audio(self) -> tuple[Part, ...]:
        return self.record.audio

    @property
    def alone(self) -> ClipVariant:
        """The same variant without references."""
        return ClipVariant(self.record, self.change)

    @property
    def plain(self) -> tuple[ClipVariant, ...]:
        """The references as variants of their own, with the same change."""
        return tuple(ClipVariant(reference, self.change) for reference in self.references)

    def changed(self, samples: Samples) -> Samples:
        """Apply the change to a waveform ``(n_samples,)``; deterministic by record and change."""
        if not self.change:
            return samples
        rng = np.random.default_rng(zlib.crc32(f"{self.record.id} {self.change}".encode()))
        change = augment if self.change.startswith(AUGMENTED) else DISTORTIONS[self.change]
        return change(samples, rng)


class References:
    """Neutral clips by corpus and speaker.

    Parameters
    ----------
    records : of one corpus or several; only those whose single label is ``neutral`` serve (calm
        is a label of its own).
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._of_speaker: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for record in records:
            if record.audio and record.speaker and record.labels == ("neutral",):
                self._of_speaker[record.corpus, record.speaker].append(record)

    def choose(self, record: Record, seed: int) -> tuple[Record, ...]:
        """Draw another neutral clip of the record's speaker; empty where there is none."""
        others = [
            other
            for other in self._of_speaker.get((record.corpus, record.speaker), [])
            if other.audio != record.audio
        ]
        if not others:
            return ()
        rng = np.random.default_rng([seed, zlib.crc32(record.id.encode())])
        return (others[int(rng.integers(len(others)))],)


def clip_variants(
    records: Sequence[Record], references: References, changes: Sequence[str], n_references: int
) -> list[ClipVariant]:
    """Return each record in each change, without and with ``n_references`` drawn references."""
    found = []
    for record in records:
        for change in changes:
            found.append(ClipVariant(record, change))
            for seed in range(n_references):
                chosen = references.choose(record, seed + zlib.crc32(change.encode()))
                if chosen:
                    found.append(ClipVariant(record, change, chosen))
    return list(dict.fromkeys(found))
