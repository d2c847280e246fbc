"""Tables of finished runs beside published scores, the ablation, and a paired comparison."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audiotok.errors import DataError
from train.evaluation.markdown import table
from train.evaluation.metrics import METRICS
from train.experiments.published import ABLATION, PUBLISHED
from train.experiments.runner import REPORT_FILE, Answers
from train.method.steps import read_vocabulary

logger = logging.getLogger(__name__)

ROUNDING = 1e-12  # of a difference that is the same as another
COLUMNS = (
    "task", "system", "modality", "backbone", "metric", "n_test", "seeds",
    "mean", "deviation", "bagged", "published", "published bagged", "run",
)  # fmt: skip


@dataclass(frozen=True)
class FinishedRun:
    """A run's folder and its report."""

    folder: Path
    report: dict[str, Any]


def find_runs(folders: Sequence[Path]) -> list[FinishedRun]:
    """Return the finished runs in and below folders.

    Raises
    ------
    DataError
        When a folder holds none.
    """
    runs = []
    for folder in folders:
        found = [
            FinishedRun(path.parent, report)
            for path in sorted(folder.rglob(REPORT_FILE))
            if "per_seed" in (report := json.loads(path.read_text(encoding="utf-8")))
        ]
        if not found:
            raise DataError(f"There is no finished run in '{folder}'; make one with 'experiment'.")
        runs += found
    return runs


def table_rows(runs: Sequence[FinishedRun]) -> list[dict[str, Any]]:
    """Return a row for each run, and for each published score without one (empty cells)."""
    rows, met = [], set()
    for run in runs:
        report = run.report
        key = (report["task"], run.folder.name)
        published = next((p for p in PUBLISHED if (p.task, p.run) == key), None)
        met.add(published)
        rows.append(
            dict.fromkeys(COLUMNS, "")
            | {name: report[name] for name in ("task", "system", "modality", "metric")}
            | {name: round(report[name], 3) for name in ("mean", "deviation", "bagged")}
            | {
                "backbone": report["config"]["system"].get("backbone", ""),
                "n_test": report["n_items"]["test"],
                "seeds": len(report["seeds"]),
                "published": published.single if published else "",
                "published bagged": (published.bagged if published else None) or "",
                "run": run.folder.name,
            }
        )
    tasks = {row["task"] for row in rows}
    for published in PUBLISHED:
        if published not in met and published.task in tasks:
            rows.append(
                dict.fromkeys(COLUMNS, "")
                | {
                    "task": published.task,
                    "system": published.by,
                    "modality": published.modality,
                    "run": published.run,
                    "published": published.single,
                    "published bagged": published.bagged or "",
                }
            )
    return sorted(rows, key=lambda row: row["task"])


def write_table(rows: Sequence[dict[str, Any]], form: str) -> str:
    """Return rows as ``markdown``, ``csv`` or ``json`` text."""
    if form == "json":
        return json.dumps(list(rows), indent=1)
    columns = list(rows[0])
    if form == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, columns)
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().rstrip()
    return table(columns, [[_cell(row[name]) for name in columns] for row in rows])


def ablation_rows(runs: Sequence[FinishedRun]) -> list[dict[str, Any]]:
    """Return the ablation of the method: layers, selection, with or without pre-training.

    Published scores of AFC stand beside it; those without a run are rows of their own.
    """
    rows = []
    met = set()
    for run in runs:
        system = run.report["config"]["system"]
        if system["name"] == "speech_tokens":
            selection = system.get("selection", {})
            layers = selection.get("layers", range(2, 9))
            how = "random" if selection.get("random") else "lasso"
            trained = "off" if system.get("pretrain", {}) is None else "on"
            n_tokens = len(read_vocabulary(run.folder).pairs)
        elif system["name"] == "text":
            layers, how, trained, n_tokens = (), "none", "–", 0
        else:
            continue
        task, point = run.report["task"], (trained, len(layers), how)
        met.add((task, point))
        scores = {k: round(run.report[k], 3) for k in ("mean", "deviation", "bagged")}
        rows.append(_grid_row(task, point, run.folder.name, {"tokens": n_tokens, **scores}))
    if not rows:
        raise DataError("None of these runs is of the method or of the text model alone.")
    if any(row["task"] == "AFC" for row in rows):
        rows += [_grid_row("AFC", p, "", {}) for p in ABLATION if ("AFC", p) not in met]
    return sorted(rows, key=lambda r: (r["task"], r["pre-training"], r["layers"], r["selection"]))


def _grid_row(
    task: str, point: tuple[str, int, str], run: str, found: dict[str, float]
) -> dict[str, Any]:
    trained, n_layers, how = point
    return {
        "task": task,
        "pre-training": trained,
        "layers": n_layers,
        "selection": how,
        **dict.fromkeys(("tokens", "mean", "deviation", "bagged"), ""),
        **found,
        "published": ABLATION.get(point, "") if task == "AFC" else "",
        "run": run,
    }


def compare(first: FinishedRun, second: FinishedRun, n_draws: int = 1000) -> dict[str, Any]:
    """Compare two runs' bags by a paired bootstrap over the test items (Efron 1979).

    Returns
    -------
    both scores, their ``difference`` (second minus first) with its 95 % interval ``low``,
    ``high``, and the two-sided ``p`` under the null of no difference: of ``n_draws`` bootstrap
    differences, centred at zero, ``k`` are at least as large, and p is
    ``(k + 1) / (n_draws + 1)`` (Davison & Hinkley 1997). ``first run`` and ``second run`` are the
    folders.

    Raises
    ------
    DataError
        When the runs were not scored on the same items by the same metric.
    """
    one, other = Answers.read(first.folder), Answers.read(second.folder)
    _check_same(first, one, second, other)
    measure, truth = METRICS[first.report["metric"]], one.targets
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(truth), size=(n_draws, len(truth)))
    found = np.array(
        [
            measure(other.bagged[rows], truth[rows]) - measure(one.bagged[rows], truth[rows])
            for rows in draws
        ]
    )
    scores = measure(one.bagged, truth), measure(other.bagged, truth)
    difference = scores[1] - scores[0]
    low, high = np.quantile(found, [0.025, 0.975]).tolist()
    as_large = int((np.abs(found - difference) >= abs(difference) - ROUNDING).sum())
    return {
        "first": scores[0],
        "second": scores[1],
        "difference": difference,
        "low": low,
        "high": high,
        "p": (as_large + 1) / (n_draws + 1),
        "first run": str(first.folder),
        "second run": str(second.folder),
    }


def _check_same(first: FinishedRun, one: Answers, second: FinishedRun, other: Answers) -> None:
    """Raise where two runs were not scored on the same items, labels and metric."""
    for run, answers in ((first, one), (second, other)):
        if len(answers.items) != len(answers.targets):
            raise DataError(
                f"'{run.folder}' does not say which items it was scored on; run it once more."
            )
    labels = [run.report["config"]["labels"] for run in (first, second)]
    same = one.items == other.items and labels[0] == labels[1]
    same = same and bool((one.targets == other.targets).all())
    if not same or first.report["metric"] != second.report["metric"]:
        raise DataError(
            f"'{first.folder}' and '{second.folder}' were not scored on the same items by the same "
            "metric, so they cannot be compared; name two runs of one task."
        )


def pick_run(folder: Path) -> FinishedRun:
    """Return the finished run in a folder, or the first below it (logged if there are several).

    Raises
    ------
    DataError
        When the folder holds none.
    """
    runs = find_runs([folder])
    picked = next((run for run in runs if run.folder == folder), runs[0])
    if len(runs) > 1:
        others = ", ".join(f"'{run.folder}'" for run in runs if run is not picked)
        logger.warning("of the runs in '%s' took '%s', not %s", folder, picked.folder, others)
    return picked


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
