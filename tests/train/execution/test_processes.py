"""Two processes on this machine train together; when one fails, the other does not wait for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import torch
from safetensors.torch import load_file

from tests.train.execution.launching import launch


def launch_training(
    folder: Path, failing: int = -1, where: str = "never"
) -> subprocess.CompletedProcess[str]:
    return launch("tests.train.two_processes", folder, failing, where)


def test_when_one_process_fails_all_end_and_the_next_run_goes_on(tmp_path) -> None:
    failures = (
        (1, "while", "The helper fails while it trains."),
        (0, "after", "The first process fails when training is over."),
    )
    for failing, where, message in failures:
        failed = launch_training(tmp_path / "work", failing, where)
        assert failed.returncode != 0
        assert message in failed.stderr
    for name in ("work", "whole"):
        assert launch_training(tmp_path / name).returncode == 0
    again, whole = (load_file(tmp_path / name / "model.safetensors") for name in ("work", "whole"))
    for name, value in whole.items():
        torch.testing.assert_close(again[name], value)
