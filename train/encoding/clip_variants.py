"""How a clip is heard: as recorded or changed, alone or relative to the speaker's own voice."""

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
    """A record's clip on its way to the codec.

    Attributes
    ----------
    change : what happens to the sound before: nothing, a name in ``DISTORTIONS``, or, for training,
        ``augmented <number>``. References go the same way, as they would with one microphone.
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
        """The same without references."""
        return ClipVariant(self.record, self.change)

    @property
    def plain(self) -> tuple[ClipVariant, ...]:
        """The references alone, changed in the same way."""
        return tuple(ClipVariant(reference, self.change) for reference in self.references)

    def changed(self, samples: Samples) -> Samples:
        """Change a sound, shape ``(n_samples,)``; the same every time."""
        if not self.change:
            return samples
        rng = np.random.default_rng(zlib.crc32(f"{self.record.id} {self.change}".encode()))
        change = augment if self.change.startswith(AUGMENTED) else DISTORTIONS[self.change]
        return change(samples, rng)


class References:
    """Finds neutral clips of a speaker.

    Parameters
    ----------
    records : those of one corpus or several; a neutral one has the one label ``neutral``, since
        calm is a mood of its own.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._of_speaker: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for record in records:
            if record.audio and record.speaker and record.labels == ("neutral",):
                self._of_speaker[record.corpus, record.speaker].append(record)

    def choose(self, record: Record, seed: int) -> tuple[Record, ...]:
        """Choose one reference for a record, never itself; none where the speaker has no other."""
        others = [
            other
            for other in self._of_speaker.get((record.corpus, record.speaker), [])
            if other.audio != record.audio
        ]
        if not others:
            return ()
        rng = np.random.default_rng([seed, zlib.crc32(record.id.encode())])
        return (others[int(rng.integers(len(others)))],)


def hearings(
    records: Sequence[Record], references: References, changes: Sequence[str], n_references: int
) -> list[ClipVariant]:
    """Hear every record in every change, alone and with ``n_references`` choices of a reference."""
    found = []
    for record in records:
        for change in changes:
            found.append(ClipVariant(record, change))
            for seed in range(n_references):
                chosen = references.choose(record, seed + zlib.crc32(change.encode()))
                if chosen:
                    found.append(ClipVariant(record, change, chosen))
    return list(dict.fromkeys(found))
