from __future__ import annotations

from train.studies.goals import GOALS, goals_table

REPORTS = {
    "emotion": [
        {
            "corpus": "ravdess",
            "measure": "top-1 macro-F1, 6 labels",
            "text_audio": {"bagged": 0.615},
            "reference": {"bagged": 0.764},
        },
        {
            "corpus": "nemo",
            "measure": "top-label calibration error (lower is better)",
            "text_audio": {"bagged": 0.104},
            "reference": {"bagged": 0.106},
        },
        {"corpus": "goemotions", "measure": "macro-F1, 7 classes", "text_only": {"bagged": 0.57}},
    ]
}
DISTORTED = {
    "": {"a": 0.5, "b": 0.4, "a, with a reference": 0.6},
    "noise": {"a": 0.48, "b": 0.3, "a, with a reference": 0.62},
}


def rows(distorted: dict[str, dict[str, float]] = DISTORTED) -> dict[str, list[str]]:
    lines = goals_table(REPORTS, distorted, 0.7).splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name: rest for name, *rest in cells}


def test_each_goal_stands_beside_what_was_reached() -> None:
    found = rows()
    assert found["RAVDESS, unseen actors, six emotions"] == [
        "≥ 0.70", "0.61, not met", "≥ 0.76", "0.76, met",
    ]  # fmt: skip
    assert found["top-label calibration, nEMO"] == [
        "≤ 0.10", "0.10, met", "≤ 0.10", "0.11, not met",
    ]  # fmt: skip
    assert found["seven classes, text alone"] == ["≥ 0.59", "0.57, not met", "–", "–"]


def test_what_was_not_measured_stays_empty() -> None:
    assert rows()["nEMO, unseen speaker, five emotions"] == ["≥ 0.65", "", "≥ 0.72", ""]


def test_a_distortion_costs_what_it_costs_the_worse_corpus() -> None:
    found = rows()
    assert found["cost of noise, the worse corpus"] == [
        "≤ 0.05", "0.10, not met", "≤ 0.05", "-0.02, met",
    ]  # fmt: skip
    assert found["equal tokens after Opus 32 kbit/s"] == ["≥ 0.85", "0.70, not met", "–", "–"]
    assert len(found) == len(GOALS) + 2
    assert len(rows({})) == len(GOALS) + 1
