"""How much sooner two processes are done than one, with one thread each.

``python -m tests.benchmarks.sharing`` makes clips and, for one process and for two, encodes them
with the shipped codec, makes features of them with one layer of WavLM base (random weights) and
predicts with the shipped bundle for emotion, from empty caches and with models that are loaded.
Seconds by the clock need an idle core for each process; the processor time of the process that has
the most to do is what the clock would show there, and hardly depends on what else runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from transformers import WavLMConfig, WavLMModel

from audiotok import assets
from audiotok.audio import Samples
from audiotok.bundle import Bundle
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from tests.benchmarks.encoding import clips
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import encode_clips, read_clip
from train.encoding.features import FeatureCache, Features
from train.evaluation.calibration_fit import predict
from train.execution import processes
from train.execution.json_files import write_json
from train.method.training_examples import Example, View

SECONDS = "seconds.json"
NONE = np.zeros(1, dtype=np.int64)  # a target that nobody asks for
Result = TypeVar("Result")


def main() -> None:
    """Print seconds of one process and of two, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker)
        return
    one, two = (launched(n, options.clips, options.seconds) for n in (1, 2))
    print(f"{options.clips} clips of {options.seconds:g} s on {os.cpu_count()} cores, load now")
    print(f"{os.getloadavg()[0]:.1f}; seconds of one and of two processes with one thread each:")
    for name, seconds in one.items():
        print(f"{name:36} {seconds:6.1f} {two[name]:6.1f} {seconds / two[name]:6.2f} times")


def launched(n_processes: int, n_clips: int, seconds: float) -> dict[str, float]:
    """Seconds of each kind of work in ``n_processes``, as the first process waits for them."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    with tempfile.TemporaryDirectory() as name:
        clips(Path(name), n_clips, seconds)
        command = [*launcher, f"--nproc-per-node={n_processes}", "-m", "tests.benchmarks.sharing"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run(
            [*command, f"--worker={name}"],
            check=True,
            env=environment,
            cwd=Path(__file__).parents[2],
        )
        found: dict[str, float] = json.loads((Path(name) / SECONDS).read_text())
        return found


def work(folder: Path) -> None:
    """Do the same in each process; the first writes what it waited for."""
    records = [
        Record(path.stem, (Part(path),), f"take {path.stem}", (), "", "test", "noise")
        for path in sorted(folder.glob("*.wav"))
    ]
    codec = Codec.load()
    classifier = Classifier.load(Bundle.from_pretrained(assets.ASSETS / "emotion"), codec)
    wavlm = WavLMModel(WavLMConfig(num_hidden_layers=1)).eval()

    @torch.inference_mode()
    def extract(samples: Samples) -> Features:
        return np.asarray(wavlm(torch.from_numpy(samples)[None]).last_hidden_state[0].numpy())

    cache = FeatureCache(folder / "features", "benchmark", extract)
    clips = [ClipVariant(record) for record in records]
    variants = [ClipVariant(record) for record in records]
    # The first clip is slow: code is read for the names of the caches, kernels are chosen.
    encode_clips(variants[:1], codec, folder / "first codes")
    extract(read_clip(records[0].audio))
    took: dict[str, float] = {}
    encoded = measured("encoding", took, lambda: encode_clips(variants, codec, folder / "codes"))
    measured("features", took, lambda: cache.of(clips))
    examples = [
        Example(h.record.text, View(classifier.bundle.vocabulary.find(c), codec.sounding(c)), NONE)
        for h, c in encoded.codes.items()
    ]
    predict(classifier, examples[:1])
    measured("prediction", took, lambda: predict(classifier, examples))
    if processes.is_first():
        write_json(folder / SECONDS, took)


def measured(name: str, took: dict[str, float], does: Callable[[], Result]) -> Result:
    """Note seconds until all have the result, and of computing in the process with the most."""
    processes.wait_for_all()
    began, computed = time.perf_counter(), time.process_time()
    found = does()
    computed = time.process_time() - computed
    took[f"{name}, processor time"] = max(processes.gather(computed))
    took[f"{name}, by the clock"] = time.perf_counter() - began
    return found


if __name__ == "__main__":
    main()
