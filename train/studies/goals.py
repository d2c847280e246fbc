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
TOP1, KEPT, ERROR = "top-1 macro-F1", "words keep", "top-label calibration error"
VERDICT = "macro-F1 of the verdict"
PAIRS = "goemotions text, neutral voice"
HEARD, MEANT = "crema_d_heard", "crema_d_meant"

GOALS = (
    Goal("RAVDESS, unseen actors, six emotions", "emotion", "ravdess", TOP1, 0.70, 0.76),
    Goal("CREMA-D, unseen actors, as meant", "emotion", MEANT, TOP1, 0.62, 0.64),
    Goal("CREMA-D, unseen actors, as most heard it", "emotion", HEARD, TOP1, 0.68, 0.70),
    Goal("EmoSpeech, unseen users, on their devices", "emotion", "emospeech", TOP1, 0.56, 0.60),
    Goal("nEMO, unseen speaker, five emotions", "emotion", "nemo", TOP1, 0.65, 0.72),
    Goal("RAVDESS by a model without it", "emotion", f"ravdess{UNSEEN}", TOP1, 0.42, 0.50),
    Goal("nEMO by a model without it", "emotion", f"nemo{UNSEEN}", TOP1, 0.42, 0.50),
    Goal("CREMA-D, as heard, without it", "emotion", f"{HEARD}{UNSEEN}", TOP1, 0.50, 0.55),
    Goal("verdict on all voices of RAVDESS", "emotion", "ravdess", VERDICT, 0.62, 0.68),
    Goal("negative or positive, RAVDESS", "sentiment", "ravdess", TOP1, 0.80, 0.84),
    Goal("seven classes, text alone", "emotion", "goemotions", "macro-F1", 0.59, None, "text_only"),
    Goal("emotional words keep their verdict", "emotion", PAIRS, KEPT, 0.86, 0.86),
    Goal("the same for sentiment", "sentiment", PAIRS, KEPT, 0.86, 0.86),
    *(
        Goal(f"top-label calibration, {name}", task, corpus, ERROR, 0.10, 0.10, at_most=True)
        for name, task, corpus in (
            ("RAVDESS", "emotion", "ravdess"),
            ("nEMO", "emotion", "nemo"),
            ("CREMA-D as heard", "emotion", HEARD),
            ("sentiment of RAVDESS", "sentiment", "ravdess"),
            ("sentiment of nEMO", "sentiment", "nemo"),
        )
    ),
)
COST = 0.05  # the most that a distortion may cost, with and without a reference
TRANSMITTED = "Opus 32 kbit/s"  # the distortion that nobody hears
EQUAL = 0.85  # the least share of tokens that it leaves as they were


def goals_table(reports: Reports, distorted: Distorted, equal: float | None = None) -> str:
    """Return goals and scores as one Markdown table.

    Parameters
    ----------
    reports : of each task, those on unseen corpora among them; a goal without its report is an
        empty row.
    distorted : scores by distortion, none (``""``) first, and by corpus.
    equal : share of tokens that ``TRANSMITTED`` leaves as they were; None where not measured.
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
    rows.append(
        [f"equal tokens after {TRANSMITTED}", *_cells(EQUAL, equal, at_most=False), "–", "–"]
    )
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
