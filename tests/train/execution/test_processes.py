"""Two processes on this machine train together; when one fails, the other does not wait for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.train.execution.launching import launch
from train.execution.processes import dealt


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


@pytest.mark.parametrize("n_shares", [1, 2, 3, 5])
def test_dear_items_are_dealt_out_evenly_where_they_take_turns_with_plain_ones(
    n_shares: int,
) -> None:
    n_items = 30 * n_shares + 1
    shares = [dealt(n_items, n_shares, own) for own in range(n_shares)]
    assert sorted(place for share in shares for place in share) == list(range(n_items))
    dear = [sum(place % 2 for place in share) for share in shares]
    assert max(dear) - min(dear) <= 1
