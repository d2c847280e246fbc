"""How much of a file could not be heard, and the sentence that says so."""

from __future__ import annotations

from dataclasses import dataclass

EXACT_S = 0.005
TOLERANCE_S = 0.1  # encoders pad the end of a clip, and declare it with the padding or without


@dataclass(frozen=True)
class Loss:
    """What a decoder could not read.

    Attributes
    ----------
    heard_s : seconds that could be decoded.
    end_s : where the last of them ends.
    declared_s : what the file says that it lasts; None where it does not say so reliably.
    damaged_s : seconds in packets that could not be decoded.
    is_cut : whether the last packet or page is not whole, where the file declares no length.
    tolerance_s : by how much a whole file may be shorter than it declares.
    stopped : whether there was more than was wanted, so that nothing is known of the end.
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
        """Sentences about what is missing at the end, and in the middle."""
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
                f"The file ends early: the {self.heard_s:.1f} s that are there were analysed."
            )
        if damaged_s:
            notes.append(
                f"The file is damaged: {max(damaged_s, 0.01):.2f} s of it could not be read and "
                "were left out."
            )
        return tuple(notes)


def ends_early(share: float) -> str:
    """Say how much of a file is there."""
    return f"The file ends early: {min(share, 0.99):.0%} of it is there and was analysed."
