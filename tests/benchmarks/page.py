"""How fast the page starts and answers, and how much memory it takes.

``python -m tests.benchmarks.page [--bundle PATH]`` starts the app as users do, in a process of
its own, and prints seconds and megabytes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import soundfile
from gradio_client import Client, handle_file

from audiotok.audio import SAMPLE_RATE
from tests.page_server import ROOT, free_port, running
from tests.sounds import spoken

CLIP_S = 5.0
N_WARM = 10
TEXT = "I will be there in ten minutes."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", help="folder or hub id instead of what ships")
    options = parser.parse_args()
    port = free_port()
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
    command += ["--bundle", options.bundle] if options.bundle else []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = handle_file(_voice_like(folder / "clip.wav"))
        begin = time.perf_counter()
        with running(command, folder, port, folder) as server:
            _tell("start to serving", time.perf_counter() - begin, "s")
            client = Client(server.address, verbose=False)
            ask = {
                "Analyse": lambda: client.predict(clip, TEXT, api_name="/analyse"),
                "Attention": lambda: client.predict(clip, TEXT, api_name="/attention"),
            }
            ask["Analyse"]()
            _tell("start to first answer", time.perf_counter() - begin, "s")
            for what, answer in ask.items():
                seconds = sorted(_timed(answer) for _ in range(N_WARM))
                _tell(f"{what}, {CLIP_S:g} s clip, warm, median", statistics.median(seconds), "s")
                _tell(f"{what}, {CLIP_S:g} s clip, warm, slowest", seconds[-1], "s")
            _tell("resident memory", _resident_mb(server.pid), "MB")
            _tell("cores", os.cpu_count() or 0, "")


def _timed(answer: Callable[[], object]) -> float:
    begin = time.perf_counter()
    answer()
    return time.perf_counter() - begin


def _resident_mb(pid: int) -> float:
    told = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return int(told.stdout) / 1024


def _voice_like(path: Path) -> Path:
    soundfile.write(path, spoken(CLIP_S), SAMPLE_RATE)
    return path


def _tell(what: str, number: float, unit: str) -> None:
    sys.stdout.write(f"{what:40} {number:8.2f} {unit}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
