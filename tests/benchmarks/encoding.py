"""What encoding a corpus costs a run, beside encoding it for every step.

``python -m tests.benchmarks.encoding`` makes clips, and gives their codes to selection,
pre-training and fine-tuning: once as we do, from a cache that starts empty, once as the published
code does, which encodes the corpus in each of the three.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from audiotok.audio import SAMPLE_RATE
from audiotok.codec import Codec
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import encode_clips, read_clip

STEPS = ("selection", "pre-training", "fine-tuning")


def clips(folder: Path, n_clips: int, seconds: float) -> list[Record]:
    """Write noise whose loudness changes, a clip each."""
    rng = np.random.default_rng(0)
    records = []
    for number in range(n_clips):
        path = folder / f"{number}.wav"
        n_samples = round(seconds * SAMPLE_RATE)
        loudness = np.abs(np.sin(np.linspace(0, rng.uniform(5, 20), n_samples)))
        soundfile.write(path, 0.3 * loudness * rng.uniform(-1, 1, n_samples), SAMPLE_RATE)
        records.append(Record(str(number), (Part(path),), "", ("none",), "", "train", "noise"))
    return records


def measured(work: Callable[[], object]) -> float:
    """Seconds that the three steps wait for codes."""
    began = time.perf_counter()
    for _ in STEPS:
        work()
    return time.perf_counter() - began


def main() -> None:
    """Print seconds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    codec = Codec.load()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = clips(folder, options.clips, options.seconds)
        codec.encode(read_clip(records[0].audio))  # the first one is slow
        cached = measured(
            lambda: encode_clips([ClipVariant(r) for r in records], codec, folder / "codes")
        )
        each_time = measured(lambda: [codec.encode(read_clip(r.audio)) for r in records])
    print(f"{options.clips} clips of {options.seconds:g} s, for {', '.join(STEPS)}:")
    print(f"encoded in each step  {each_time:6.1f} s")
    print(f"encoded once          {cached:6.1f} s, {each_time / cached:.1f} times faster")


if __name__ == "__main__":
    main()
