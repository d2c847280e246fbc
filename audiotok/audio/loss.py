"""How much of a file could not be decoded, and the sentences that say so."""

from __future__ import annotations

from dataclasses import dataclass

from audiotok.language import say

EXACT_S = 0.005
TOLERANCE_S = 0.1  # encoders pad the end of a clip, and declare it with the padding or without


@dataclass(frozen=True)
class Loss:
    """What a decoder could not read.

    Attributes
    ----------
    heard_s : decoded duration in seconds.
    end_s : time in the file at which decoding ended.
    declared_s : duration that the file declares; None where it declares none reliably.
    damaged_s : duration of packets that could not be decoded.
    is_cut : whether the last packet or page is incomplete, where the file declares no duration.
    tolerance_s : by how much a complete file may be shorter than it declares.
    stopped : whether decoding stopped before the end of the file, of which nothing is known then.
    """

    heard_s: float
    end_s: float
    declared_s: float | None = None
    damaged_s: float = 0.0
    is_cut: bool = False
    tolerance_s: float = TOLERANCE_S
    stopped: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what is missing at the end and what is damaged; empty if ``stopped``."""
        if self.stopped:
            return ()
        declared_s = self.declared_s or self.end_s
        ends_s = self.end_s if declared_s - self.end_s > self.tolerance_s else declared_s
        gaps_s = ends_s - self.heard_s
        damaged_s = max(self.damaged_s, gaps_s if gaps_s > self.tolerance_s else 0.0)
        notes = []
        if ends_s < declared_s:
            notes.append(ends_early(ends_s / declared_s))
        elif self.is_cut:
            notes.append(
                say(
                    "The file ends early: the {seconds:.1f} s that are there were analysed.",
                    seconds=self.heard_s,
                )
            )
        if damaged_s:
            notes.append(
                say(
                    "The file is damaged: {seconds:.2f} s of it could not be read and were left "
                    "out.",
                    seconds=max(damaged_s, 0.01),
                )
            )
        return tuple(notes)


def ends_early(share: float) -> str:
    """Return the sentence for a file of which only this share, from 0 to 1, is there."""
    return say(
        "The file ends early: {share:.0%} of it is there and was analysed.", share=min(share, 0.99)
    )
