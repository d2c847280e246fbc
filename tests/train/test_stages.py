from __future__ import annotations

from pathlib import Path

import pytest

from train.stages import run_stage


def test_a_stage_runs_again_only_when_its_inputs_change(tmp_path: Path) -> None:
    runs: list[str] = []

    def build(folder: Path) -> None:
        runs.append(folder.name)
        (folder / "result").write_text("done")

    first = run_stage("select", tmp_path / "select", {"C": 1}, build)
    assert run_stage("select", tmp_path / "select", {"C": 1}, build) == first
    assert len(runs) == 1
    assert run_stage("select", tmp_path / "select", {"C": 2}, build) != first
    assert len(runs) == 2


def test_a_killed_stage_goes_on_and_a_changed_one_starts_clean(tmp_path: Path) -> None:
    folder = tmp_path / "finetune"

    def killed(here: Path) -> None:
        (here / "checkpoint").write_text("step 10")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_stage("finetune", folder, 1, killed)
    found: list[bool] = []
    run_stage("finetune", folder, 1, lambda here: found.append((here / "checkpoint").exists()))
    with pytest.raises(KeyboardInterrupt):
        run_stage("finetune", folder, 2, killed)
    run_stage("finetune", folder, 3, lambda here: found.append((here / "checkpoint").exists()))
    assert found == [True, False]
