"""Markdown tables."""

from __future__ import annotations

import math
from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; each row has as many cells as the head."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def number(value: float | None, spec: str = ".2f") -> str:
    """Format a score, what rounds to zero without a minus; a dash for None or NaN."""
    return "–" if value is None or math.isnan(value) else format(value, spec.replace(".", "z."))
