"""Tables as Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table; each row has as many cells as the head."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def number(value: float | None, spec: str = ".2f") -> str:
    """Write a score, or a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:{spec}}"
