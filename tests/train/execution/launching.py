"""Launches two processes of a module of the tests, which find each other as on a big machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LONGEST_S = 300  # a process waits for the others for days, so that what hangs is ended here


def launch(module: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``module`` in two processes, with one thread each, until both have ended."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    return subprocess.run(
        [*launcher, "-m", module, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[3],
    )
