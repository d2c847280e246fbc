"""Each config of the paper, run as it stands on corpora as they are published, with tiny models.

Only sizes, the strength of the lasso (which depends on the number of clips) and folders are
overridden.
"""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml

from audiotok import backbone, hub
from audiotok.audio import SAMPLE_RATE
from audiotok.bundle import TWINS, Bundle
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from audiotok.codec_files import CONFIG
from audiotok.errors import BundleError
from tests.conftest import tone
from tests.sounds import spoken
from tests.train.corpora.test_mosei import build
from train.__main__ import main

CONFIGS = Path(__file__).resolve().parents[3] / "train" / "configs"
CODEC, BACKBONE = "fnlp/AnyGPT-speech-modules", "meta-llama/Llama-3.2-3B"
N_OF_LABEL = {"train": 4, "validation": 1, "test": 1}
EMOTIONS = ("happiness", "sadness", "anger", "surprise", "disgust", "fear")  # in the file's order
SMALL = {
    "selection": {"C": 1.0},
    "pretrain": {"epochs": 1, "batch_size": 8},
    "finetune": {"seeds": [42], "epochs": 1, "batch_size": 8},
}


def voice(path: Path, label: int, number: int) -> None:
    """Write a clip whose pitch is its label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone(0.5 + 0.02 * number, 100.0 + 40 * label + number), SAMPLE_RATE)


def write_fallacies(root: Path, task: str, n_labels: int) -> None:
    """The table of the method's authors, and the clips that it names."""
    rows = []
    for split, n_of_label in N_OF_LABEL.items():
        for label in range(n_labels):
            if (task, label, split) == ("afc", 4, "test"):  # the official test split has none
                continue
            for number in range(n_of_label):
                name = f"audio/{split}_1960/{label}-{number}.wav"
                voice(root / name, label, number)
                text = f"good news {label} {number} {split}"
                rows.append((split.replace("validation", "val"), len(rows), text, name, label))
    with (root / f"dataset_combined_{task}.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("split", "index", "text", "audio_path_list", "label"), *rows])


def write_debates(root: Path, n_sentences: int = 24) -> None:
    """MM-USED as MAMKit keeps it: a pickle, and a clip a sentence."""
    pandas = pytest.importorskip("pandas")
    folder = root / "MMUSED"
    rows = []
    for number in range(n_sentences):
        voice(folder / "audio_clips" / "2_1960" / f"{number}.wav", number % 6, number)
        speech = f"bad news {number}"
        rows.append({"dialogue_id": "2_1960", "speech": speech, "speech_indexes": [number]})
    pandas.DataFrame(rows).to_pickle(folder / "dataset.pkl")


def write_mosei(root: Path) -> None:
    """CMU-MOSEI as it is distributed: a video for each split, a segment for each label."""
    pytest.importorskip("h5py")
    videos, folds = {}, {}
    for fold, split in (("train", "train"), ("valid", "validation"), ("test", "test")):
        segments = []
        for number in range(2 * N_OF_LABEL[split] * len(EMOTIONS)):
            emotion = number % len(EMOTIONS)
            features = [1.0 if number % 2 else -1.0, *(float(e == emotion) for e in range(6))]
            start = 0.6 * number
            segments.append((start, start + 0.5, features, f"the door {fold} {number}"))
        videos[f"{fold}-1"], folds[fold] = segments, [f"{fold}-1"]
    root.mkdir(parents=True)
    build(root, videos, folds)
    for path in (root / "Raw" / "Audio" / "Full" / "WAV_16000").iterdir():
        segments = videos[path.stem]
        voices = [tone(0.5, 100.0 + 40 * (n % 6) + n) for n in range(len(segments))]
        pause = np.zeros(SAMPLE_RATE // 10)
        soundfile.write(path, np.concatenate([np.r_[v, pause] for v in voices]), SAMPLE_RATE)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpora")
    (root / "mmused_fallacy").mkdir()
    write_fallacies(root / "mmused_fallacy", "afc", 6)
    write_fallacies(root / "mmused_fallacy", "afd", 2)
    write_debates(root / "mmused")
    write_mosei(root / "cmu_mosei")
    return root


@pytest.fixture
def published_models(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backbones: Path, codec_folder: Path
) -> None:
    """Tiny models of the real classes, under the names and in the layouts of the real ones."""
    kept = tmp_path / "backbones"
    shutil.copytree(backbones / "tiny" / "llama", kept / BACKBONE)
    monkeypatch.setenv(backbone.LOCAL_BACKBONES, str(kept))
    backbone.find_backbone.cache_clear()
    snapshot = tmp_path / "hub"
    checkpoint = snapshot / "speechtokenizer"
    checkpoint.mkdir(parents=True)
    config = json.loads((codec_folder / CONFIG).read_text())
    del config["input_peak"]  # our own key
    (checkpoint / CONFIG).write_text(json.dumps(config))
    torch.save(Codec.load(codec_folder).model.state_dict(), checkpoint / "ckpt.dev")

    def fetch(repository: str, names: object, *_: object) -> Path:
        if repository != CODEC:
            raise BundleError(f"nobody has '{repository}' here")
        return snapshot

    monkeypatch.setattr(hub, "fetch", fetch)


TASKS = {"afc": ("other", 6), "afd": ("other", 2), "emo": ("unknown", 6), "sent": ("unknown", 2)}


def test_all_configs_of_the_paper_are_tried() -> None:
    names = {path.stem.removeprefix("paper-") for path in CONFIGS.glob("paper-*.yaml")}
    assert names == {*TASKS, "base"}


@pytest.mark.usefixtures("published_models")
@pytest.mark.parametrize("name", TASKS)
def test_a_config_of_the_paper_runs_from_end_to_end(
    name: str, corpora: Path, tmp_path: Path
) -> None:
    licence, n_labels = TASKS[name]
    folders = {"data_dir": str(corpora), "work": str(tmp_path / "runs" / name)}
    out = tmp_path / "bundle"
    inherits = {"inherits": str(CONFIGS / f"paper-{name}.yaml")}
    config = tmp_path / f"{name}.yaml"
    config.write_text(yaml.safe_dump(inherits | folders | {"out": str(out)} | SMALL))
    assert main(["run", str(config), "--trust-pickle", "--device", "cpu"]) == 0

    bundle = Bundle.from_pretrained(out)
    assert (bundle.config.backbone, bundle.config.codec) == (BACKBONE, CODEC)
    assert len(bundle.config.labels) == n_labels
    for twin in TWINS:
        lora = bundle.adapters[twin, 42].config
        assert (lora["r"], lora["target_modules"]) == (64, ["q_proj", "v_proj"])
    assert f"\nlicense: {licence}\n" in bundle.card
    assert set(bundle.vocabulary.layers) == {2, 3, 4, 5, 6, 7, 8}
    predicted = Classifier.load(out).predict((SAMPLE_RATE, spoken(1.0)), "good news")
    assert predicted.text_audio.per_seed.shape == (1, n_labels)
