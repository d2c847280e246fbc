"""Two processes on this machine train together; when one fails, the other does not wait for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

LONGEST_S = 300  # a process waits for the others for days, so that what hangs is ended here


def launch(folder: Path, failing: int = -1, where: str = "never") -> subprocess.CompletedProcess:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    script = ["-m", "tests.train.two_processes", str(folder), str(failing), where]
    return subprocess.run(
        [*launcher, *script],
        check=False,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[3],
    )


@pytest.mark.parametrize(
    ("failing", "where", "said"),
    [
        (1, "while", "The helper fails while it trains."),
        (0, "after", "The first process fails when training is over."),
    ],
)
def test_when_one_process_fails_all_end_and_the_next_run_goes_on(
    failing, where, said, tmp_path
) -> None:
    failed = launch(tmp_path / "work", failing, where)
    assert failed.returncode != 0
    assert said in failed.stderr
    assert launch(tmp_path / "work").returncode == 0
    assert launch(tmp_path / "whole").returncode == 0
    again, whole = (load_file(tmp_path / name / "model.safetensors") for name in ("work", "whole"))
    for name, value in whole.items():
        torch.testing.assert_close(again[name], value)
