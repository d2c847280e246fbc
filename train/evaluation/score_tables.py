"""Scores as Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audiotok.bundle import TWINS
from train.evaluation.markdown import number, table
from train.evaluation.reports import Report

HEAD = (
    "task", "test data", "measure", "n", "chance",
    "words alone", "words + voice", "and one neutral reference",
)  # fmt: skip


def score_table(reports: Mapping[str, Sequence[Report]]) -> str:
    """Return the reports of several tasks as one Markdown table."""
    return table(
        HEAD,
        [
            [
                task,
                report["corpus"],
                report["measure"],
                str(report["n"]),
                number(report.get("chance")),
                *(_cell(report.get(name)) for name in (*TWINS, "reference")),
            ]
            for task, of_task in reports.items()
            for report in of_task
        ],
    )


def robustness_table(scores: Mapping[str, Mapping[str, float]]) -> str:
    """Return scores by distortion (none first) and corpus, with differences to none."""
    plain, *changes = scores
    of_plain = scores[plain]
    rows = [["nothing", *map(number, of_plain.values())]]
    for change in changes:
        told = [(scores[change][name], scores[change][name] - of_plain[name]) for name in of_plain]
        rows.append([change, *(f"{score:.2f} ({cost:+.2f})" for score, cost in told)])
    return table(["what happens to the sound", *of_plain], rows)


def _cell(scores: Mapping[str, float] | None) -> str:
    if scores is None:
        return "–"
    bagged = f"**{scores['bagged']:.2f}**"
    if "mean" not in scores:
        return bagged
    return f"{bagged} ({scores['mean']:.2f} ± {scores['deviation']:.2f})"
