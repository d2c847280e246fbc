"""What ``test_sharing`` launches: processes that share encoding, features and prediction.

Arguments: folder with clips and a bundle, folder of the codec, and the rank that fails (or -1).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from audiotok.audio import Samples
from audiotok.bundle import Bundle
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from audiotok.errors import DataError
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import encode_clips
from train.encoding.features import FeatureCache
from train.evaluation.calibration_fit import predict
from train.execution import processes
from train.execution.stages import run_stage
from train.method.training_examples import Example, View

UNREADABLE = "unreadable"
Found = dict[str, NDArray[Any]]


@dataclass
class CountingCodec:
    """The codec, and how many clips it has encoded; it fails where it is told to."""

    codec: Codec
    fails: bool = False
    n_encoded: int = 0

    def encode_relative(self, *arguments: Any) -> Any:
        if self.fails:
            raise DataError("The helper fails while it encodes.")
        self.n_encoded += 1
        return self.codec.encode_relative(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.codec, name)


def work(folder: Path, codec: Codec, cache: Path, fails: bool = False) -> Found:
    """Encode the clips of a folder, make features of them, and predict from their codes."""
    counting = CountingCodec(codec, fails)
    records = [
        Record(path.stem, (Part(path),), f"good news {path.stem}", (), "", "test", "mine")
        for path in sorted(folder.glob("*.wav"))
    ]
    encoded = encode_clips([ClipVariant(r) for r in records], counting, cache / "codes")
    assert [name for name, _ in encoded.failed] == [f"mine/{UNREADABLE}"]
    readable = [variant.record for variant in encoded.codes]
    heard: list[str] = []

    def extract(samples: Samples) -> NDArray[np.float32]:
        heard.append("a clip")
        return samples[:99].reshape(3, 33)

    clips = [ClipVariant(record) for record in readable]
    features = FeatureCache(cache, "starts", extract).of(clips)
    classifier = Classifier.load(Bundle.from_pretrained(folder / "bundle"), codec)
    vocabulary = classifier.bundle.vocabulary
    examples = [
        Example(h.record.text, View(vocabulary.find(c), c), np.zeros(1, dtype=np.int64))
        for h, c in encoded.codes.items()
    ]
    found: Found = {f"codes of {h.record.id}": codes for h, codes in encoded.codes.items()}
    found |= {f"features of {r.id}": f for r, f in zip(readable, features, strict=True)}
    found |= dict(predict(classifier, examples, batch_size=2))
    return found | {"done here": np.array([counting.n_encoded, len(heard)])}


def main(folder: Path, codec_folder: str, failing: int) -> int:
    """Keep what this process has found, and what the first finds in a stage of its own."""
    codec, cache = Codec.load(codec_folder), folder / "cache of two"

    def alone(place: Path) -> None:
        save_file(work(folder, codec, place / "cache"), place / "found.safetensors")

    try:
        found = work(folder, codec, cache, fails=processes.rank() == failing)
        run_stage("alone", folder / "alone", ["inputs"], alone)
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    save_file(found, folder / f"{processes.rank()}.safetensors")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
