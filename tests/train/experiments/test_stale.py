"""What experiments compute again, and what they keep: scores, features, minutes, versions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from safetensors.torch import load_file, save_file

from audiotok.audio import SAMPLE_RATE
from tests.conftest import CODEC_CONFIG, tone
from tests.train.tiny_models import write_speech_encoder
from train.__main__ import main
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.encoding.clip_variants import ClipVariant
from train.encoding.features import FeatureCache, clip_digest
from train.experiments import runner as experiment
from train.experiments.identity import model_digest
from train.experiments.systems import SYSTEMS

LABELS = ("bad", "good")
LEARNING = {"epochs": 1, "batch_size": 8, "rank": 2}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of two labels in stereo, and a task of one seed."""
    rows = ["audio,text,labels,speaker,split"]
    for split in ("train", "validation", "test"):
        for number in range(6):
            name, label = f"{split}_{number}.wav", LABELS[number % 2]
            sound = np.stack([tone(0.4, 110.0 * (1 + number % 2)), tone(0.4, 333.0)], axis=1)
            soundfile.write(tmp_path / name, sound, SAMPLE_RATE)
            rows.append(f"{name},the {label} news,{label},{split},{split}")
    (tmp_path / "records.csv").write_text("\n".join(rows))
    write_task(tmp_path)
    return tmp_path


def write_task(root: Path, **corpus: object) -> None:
    task = {
        "task": "mood",
        "labels": list(LABELS),
        "multi_label": False,
        "metric": "macro_f1",
        "data_dir": str(root),
        "work": str(root / "runs"),
        "corpora": [{"reader": "folder", "root": ".", **corpus}],
        "seeds": [1],
    }
    (root / "task.yaml").write_text(yaml.safe_dump(task))


@pytest.fixture
def computes(root: Path, caplog: pytest.LogCaptureFixture) -> Callable[..., bool]:
    """Run a system; says whether its seed was computed."""
    caplog.set_level("INFO")

    def run(**system: object) -> bool:
        path = root / "it.yaml"
        path.write_text(yaml.safe_dump(system))
        caplog.clear()
        assert main(["experiment", str(root / "task.yaml"), str(path)]) == 0, caplog.text
        return f"{system['name']}, seed 1: running" in caplog.text

    return run


def say_something_else(path: Path) -> None:
    """Put another sound of the same size and time of change in a clip's place."""
    status = path.stat()
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (len(tone(0.4)), 2))
    soundfile.write(path, sound, SAMPLE_RATE)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size


@pytest.mark.parametrize("name", ["mfcc", "bow_mfcc"])
def test_a_sound_or_a_channel_that_changed_is_heard_again(root, computes, name) -> None:
    assert computes(name=name)
    assert not computes(name=name)
    say_something_else(root / "test_0.wav")
    assert computes(name=name)
    write_task(root, first_channel=True)
    assert computes(name=name)
    assert not computes(name=name)


def test_clips_that_moved_and_words_alone_are_not_computed_again(root, computes) -> None:
    assert computes(name="mfcc")
    os.utime(root / "test_0.wav")
    (root / "test_1.wav").rename(root / "moved.wav")
    table = root / "records.csv"
    table.write_text(table.read_text().replace("test_1.wav", "moved.wav"))
    assert not computes(name="mfcc")
    assert computes(name="bow")
    say_something_else(root / "test_0.wav")
    assert not computes(name="bow")


def test_words_that_changed_are_read_again(root, computes) -> None:
    assert computes(name="bow")
    table = root / "records.csv"
    table.write_text(table.read_text().replace("test_0.wav,the bad", "test_0.wav,the very bad"))
    assert computes(name="bow")


def test_other_weights_under_the_same_name_are_other_models(root, computes, backbones) -> None:
    kept = root / "bert"
    kept.mkdir()
    for path in (backbones / "tiny" / "bert").iterdir():
        (kept / path.name).write_bytes(path.read_bytes())
    text = {"name": "text", "backbone": str(kept), **LEARNING}
    assert computes(**text)
    assert not computes(**text)
    perturb(kept / "model.safetensors")
    assert computes(**text)
    assert computes(**text, max_length=7)


def perturb(path: Path) -> None:
    status = path.stat()
    save_file({k: v * 1.5 for k, v in load_file(path).items()}, path, {"format": "pt"})
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_other_weights_of_a_speech_encoder_give_other_features(root, computes) -> None:
    write_speech_encoder(root / "wavlm", "wavlm")
    system = {"name": "speech_lstm", "speech": str(root / "wavlm"), "epochs": 1, "batch_size": 8}
    assert computes(**system)
    n_features = len(list((root / "runs" / experiment.FEATURES).rglob("*.npy")))
    assert not computes(**system)
    perturb(root / "wavlm" / "model.safetensors")
    assert computes(**system)
    assert len(list((root / "runs" / experiment.FEATURES).rglob("*.npy"))) == 2 * n_features


def test_the_method_selects_and_pretrains_again_what_changed(
    root, computes, codec_folder, caplog
) -> None:
    codec = root / "codec"
    codec.mkdir()
    for path in codec_folder.iterdir():
        (codec / path.name).write_bytes(path.read_bytes())
    method = {
        "name": "speech_tokens",
        "backbone": "tiny/bert",
        "codec": str(codec),
        "selection": {"C": 1_000.0, "layers": list(range(1, 9))},
        "pretrain": {"epochs": 1, "batch_size": 8},
        **LEARNING,
    }
    stages = ("select: running", "pretrain: running")

    def ran() -> list[bool]:
        return [stage in caplog.text for stage in stages]

    assert computes(**method)
    assert ran() == [True, True]
    assert computes(**method, max_length=40)
    assert ran() == [False, True]
    say_something_else(root / "train_0.wav")
    assert computes(**method)
    assert ran() == [True, True]
    (codec / "config.json").write_text(json.dumps({**CODEC_CONFIG, "input_peak": 0.4}))
    assert computes(**method)
    assert "speech_tokens, seed 1: running" in caplog.text


def test_other_code_computes_again(root, computes, monkeypatch) -> None:
    assert computes(name="mfcc")
    monkeypatch.setattr(experiment, "code_digest", lambda *modules: "other")
    assert computes(name="mfcc")


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_code_of_what_a_system_does_counts(name) -> None:
    from train.execution.source_code import code_digest

    system = SYSTEMS[name]
    modules = system.modules()
    assert len(code_digest(*modules)) == 16
    hears = {"audiotok.audio", "train.encoding.codes", "train.corpora.audio_parts"}
    assert hears <= set(modules) or "audio" not in system.modalities
    assert not hears & set(modules) or "audio" in system.modalities
    if name == "speech_tokens":
        measures = {"audiotok.acoustics.measures", "audiotok.acoustics.pitch", "audiotok.codec"}
        assert measures | {
            "train.method.selection",
            "train.method.lasso",
            "train.method.pretraining",
        } <= set(modules)


def test_minutes_and_versions_are_of_the_run_that_computed(root, computes, monkeypatch) -> None:
    assert computes(name="bow")
    report = root / "runs" / "it" / "report.json"
    done = root / "runs" / "it" / "seed_1" / "done.json"
    facts = json.loads(done.read_text())
    done.write_text(json.dumps(facts | {"minutes": 12.5, "versions": {"torch": "1.0"}}))
    assert not computes(name="bow")
    told = json.loads(report.read_text())
    assert (told["minutes"], told["versions"]) == (12.5, {"torch": "1.0"})
    first = report.read_bytes()
    assert not computes(name="bow")
    assert report.read_bytes() == first


def test_a_deleted_answer_is_computed_again(root, computes) -> None:
    assert computes(name="bow")
    (root / "runs" / "it" / "seed_1" / "answers.safetensors").unlink()
    assert computes(name="bow")


def test_features_are_what_was_stored_from_the_first_time_on(tmp_path, clip) -> None:
    heard = ClipVariant(Record("a", (Part(clip),), "", (), "", "", "c"))
    made = np.array([[1 / 3, 1e-3]], np.float32)
    cache = FeatureCache(tmp_path / "cache", "thirds", thirds)
    first, second = (cache.of([heard])[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == second.dtype == np.float32
    assert not np.array_equal(first, made)
    np.testing.assert_allclose(first, made, rtol=1e-3)


def thirds(samples: np.ndarray) -> np.ndarray:
    return np.array([[1 / 3, 1e-3]], np.float32)


def test_features_are_found_by_what_sounds(tmp_path, clip) -> None:
    heard = []

    def listen(samples: np.ndarray) -> np.ndarray:
        heard.append(len(samples))
        return samples[:1]

    def features(path: Path, **part: object) -> None:
        record = Record("a", (Part(path, **part),), "", (), "", "", "c")
        FeatureCache(tmp_path / "cache", "listen", listen).of([ClipVariant(record)])

    features(clip)
    features(clip.rename(tmp_path / "moved.wav"))
    assert len(heard) == 1
    features(tmp_path / "moved.wav", start_s=0.5)
    features(tmp_path / "moved.wav", first_channel=True)
    assert len(heard) == 3


def test_identities_say_contents_and_not_places(tmp_path, clip) -> None:
    part = Part(clip)
    copied = tmp_path / "copy.wav"
    copied.write_bytes(clip.read_bytes())
    assert clip_digest((part,)) == clip_digest((Part(copied),))
    for other in (replace(part, first_channel=True), replace(part, start_s=0.1)):
        assert clip_digest((part,)) != clip_digest((other,))
    copied.write_bytes(clip.read_bytes()[:-2] + b"\0\0")
    assert clip_digest((part,)) != clip_digest((Part(copied),))

    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
    assert model_digest(tmp_path / "one") == model_digest(tmp_path / "two")
    (tmp_path / "two" / "model.safetensors").write_bytes(b"weights")
    assert model_digest(tmp_path / "one") != model_digest(tmp_path / "two")
