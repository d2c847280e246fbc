"""What a user waits for, as ratios to what cannot be spared.

``python -m tests.benchmarks.prediction`` predicts a clip with the bundles that ship, beside
encoding the clip alone and beside the bare matrix products of as many forward passes as there are
seeds, and loads them in a fresh process, beside ``import torch`` alone.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import soundfile
import torch

import audiotok
from audiotok import assets
from audiotok.audio import SAMPLE_RATE, Samples, read_audio
from audiotok.prediction import Prediction
from tests.clips import NEUTRAL

TEXT = "I will be there in ten minutes."
LOAD = "import audiotok; audiotok.load('emotion', device='cpu')"
# MiniLM, whose products are measured: queries, keys, values and output, then the inner layer.
N_LAYERS, WIDTH, INNER = 6, 384, 1536


def seconds(works: dict[str, Callable[[], object]], n_rounds: int) -> dict[str, float]:
    """Return the median wall-clock seconds of each work, one after the other in every round."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(n_rounds + 1):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            if number:  # the first round is slow
                taken[name].append(time.perf_counter() - began)
    return {name: median(each) for name, each in taken.items()}


def products(n_positions: int) -> Callable[[], object]:
    """Return work that is nothing but a backbone's matrix products over so many positions."""
    states, inner = torch.randn(n_positions, WIDTH), torch.randn(n_positions, INNER)
    own, up, down = torch.randn(WIDTH, WIDTH), torch.randn(WIDTH, INNER), torch.randn(INNER, WIDTH)

    def multiply() -> None:
        with torch.inference_mode():
            for _ in range(N_LAYERS):
                for _ in range(4):
                    states @ own
                states @ up
                inner @ down

    return multiply


def report(task: str, samples: Samples, n_rounds: int) -> None:
    """Print what a prediction and its attention take, in encodings of the clip."""
    classifier = audiotok.load(task, device="cpu")
    clip = (SAMPLE_RATE, samples)
    found: list[Prediction] = [classifier.predict(clip, TEXT)]
    n_positions, n_seeds = len(found[0].sequence.ids), len(classifier.bundle.config.seeds)
    taken = seconds(
        {
            "encode": lambda: classifier.codec.encode(samples),
            "products": products(n_seeds * n_positions),
            "predict": lambda: classifier.predict(clip, TEXT),
            "attention": lambda: classifier.attentions(found[0].sequence),
        },
        n_rounds,
    )
    encode = taken.pop("encode")
    print(f"{task}: {len(samples) / SAMPLE_RATE:g} s, {n_positions} positions, {n_seeds} seeds")
    print(f"  encoding the clip                {encode * 1000:6.0f} ms")
    names = {
        "predict": "predict, the encoding included",
        "products": f"  matrix products of {n_seeds} passes",
        "attention": "attention after it",
    }
    for name, title in names.items():
        print(f"  {title:32} {taken[name] * 1000:6.0f} ms  {taken[name] / encode:4.1f} times")


def report_start(clip: Path, n_rounds: int) -> None:
    """Print what a cold start takes, in imports of torch."""

    def run(*arguments: str) -> Callable[[], object]:
        command = [sys.executable, *arguments]
        return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    taken = seconds(
        {
            "import torch": run("-c", "import torch"),
            "audiotok.load('emotion')": run("-c", LOAD),
            "python -m audiotok predict": run("-m", "audiotok", "predict", str(clip)),
        },
        n_rounds,
    )
    for name, each in taken.items():
        print(f"{name:34} {each:6.1f} s   {each / taken['import torch']:4.1f} times")


def main() -> None:
    """Print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--clip", type=Path, default=NEUTRAL, help="repeated until it is long enough"
    )
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{options.threads} threads; load of the machine before: {os.getloadavg()[0]:.1f}")
    samples = np.resize(read_audio(options.clip).samples, round(options.seconds * SAMPLE_RATE))
    for task in assets.TASKS:
        report(task, samples, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.wav"
        soundfile.write(clip, samples, SAMPLE_RATE)
        report_start(clip, max(1, options.rounds // 3))


if __name__ == "__main__":
    main()
