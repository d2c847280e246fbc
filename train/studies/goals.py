"""Table of the shipped models' goals and their scores."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from train.evaluation.markdown import table
from train.evaluation.reports import Report

Reports = Mapping[str, Sequence[Report]]
Distorted = Mapping[str, Mapping[str, float]]

HEAD = ("measure", "goal", "no reference", "goal", "one neutral reference")
SCORE_KEYS = {"alone": "text_audio", "reference": "reference"}


@dataclass(frozen=True)
class Goal:
    """A measure with its target values.

    Attributes
    ----------
    task, corpus, measure : identify the report; ``measure`` is a prefix of its name.
    alone, reference : the targets without and with one neutral reference; None for no target.
    read_by : the twin that is scored on texts without a recording.
    at_most : whether the target is an upper bound.
    """

    name: str
    task: str
    corpus: str
    measure: str
    alone: float | None
    reference: float | None
    read_by: str | None = None
    at_most: bool = False


UNSEEN = ", never heard before"
TOP1, KEPT, ERROR = "top-1 macro-F1", "words keep", "calibration error"
PAIRS = "goemotions text, neutral voice"

GOALS = (
    Goal("six emotions, unseen RAVDESS actors", "emotion", "ravdess", TOP1, 0.62, 0.72),
    Goal("negative or positive, the same clips", "sentiment", "ravdess", TOP1, 0.78, 0.82),
    Goal("five emotions, unseen nEMO speaker", "emotion", "nemo", TOP1, 0.50, 0.55),
    Goal("RAVDESS by a model without it", "emotion", f"ravdess{UNSEEN}", TOP1, 0.45, 0.50),
    Goal("nEMO by a model without it", "emotion", f"nemo{UNSEEN}", TOP1, 0.45, 0.50),
    Goal("seven classes, text alone", "emotion", "goemotions", "macro-F1", 0.58, None, "text_only"),
    Goal("emotional words keep their verdict", "emotion", PAIRS, KEPT, 0.85, 0.85),
    Goal("the same for sentiment", "sentiment", PAIRS, KEPT, 0.85, 0.85),
    Goal("calibration, RAVDESS", "emotion", "ravdess", ERROR, 0.08, 0.08, at_most=True),
    Goal("calibration, nEMO", "emotion", "nemo", ERROR, 0.08, 0.08, at_most=True),
    Goal(
        "the same for sentiment, RAVDESS", "sentiment", "ravdess", ERROR, 0.08, 0.08, at_most=True
    ),
    Goal("the same for sentiment, nEMO", "sentiment", "nemo", ERROR, 0.08, 0.08, at_most=True),
)
COST = 0.05  # the most that a distortion may cost, with and without a reference


def goals_table(reports: Reports, distorted: Distorted) -> str:
    """Return goals and scores as one Markdown table.

    Parameters
    ----------
    reports : of each task, those on unseen corpora among them; a goal without its report is an
        empty row.
    distorted : scores by distortion, none (``""``) first, and by corpus.
    """
    rows = []
    for goal in GOALS:
        found = _find(goal, reports)
        cells = []
        for condition, wanted in (("alone", goal.alone), ("reference", goal.reference)):
            score = found.get(goal.read_by or SCORE_KEYS[condition], {}).get("bagged")
            cells += _cells(wanted, score, at_most=goal.at_most)
        rows.append([goal.name, *cells])
    plain = distorted.get("", {})
    for change in [name for name in distorted if name]:
        cost = {name: plain[name] - distorted[change][name] for name in plain}
        worst = [
            max(lost for name, lost in cost.items() if name.endswith("reference") == related)
            for related in (False, True)
            if any(name.endswith("reference") == related for name in cost)
        ]
        cells = [cell for lost in worst for cell in _cells(COST, lost, at_most=True)]
        rows.append([f"cost of {change}, the worse corpus", *cells])
    return table(HEAD, rows)


def _find(goal: Goal, reports: Reports) -> Report:
    for report in reports.get(goal.task, ()):
        if report["corpus"] == goal.corpus and report["measure"].startswith(goal.measure):
            return report
    return {}


def _cells(wanted: float | None, score: float | None, *, at_most: bool) -> list[str]:
    if wanted is None:
        return ["–", "–"]
    sign, meets = ("≤", operator.le) if at_most else ("≥", operator.ge)
    if score is None:
        return [f"{sign} {wanted:.2f}", ""]
    # As printed: what reads .08 is .08.
    met = "met" if meets(round(score, 2), wanted) else "not met"
    return [f"{sign} {wanted:.2f}", f"{score:.2f}, {met}"]
