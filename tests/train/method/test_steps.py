"""A bundle and an experiment are two callers of one method."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml

from audiotok.audio import SAMPLE_RATE
from tests.conftest import tone
from train.__main__ import main
from train.method.steps import LabelledClips, read_rows, read_vocabulary, select
from train.settings.selection import SelectConfig

LABELS = ("bad", "good")


@pytest.fixture
def task(tmp_path: Path) -> dict[str, object]:
    """A corpus whose labels are pitches, and what both kinds of config say of it."""
    rows = ["audio,text,labels,speaker,split"]
    for split in ("train", "validation", "test"):
        for number in range(8):
            name, label = f"{split}_{number}.wav", LABELS[number % 2]
            soundfile.write(
                tmp_path / name, tone(0.4, 120 + 150 * (number % 2) + number), SAMPLE_RATE
            )
            rows.append(f"{name},the news,{label},{split},{split}")
    (tmp_path / "records.csv").write_text("\n".join(rows))
    return {
        "task": "mood",
        "labels": list(LABELS),
        "multi_label": False,
        "data_dir": str(tmp_path),
        "work": str(tmp_path / "bundle"),
        "corpora": [{"reader": "folder", "root": "."}],
    }


def test_from_the_same_clips_both_make_the_same_tokens_and_rows(
    task, tmp_path, codec_folder, backbones
) -> None:
    method = {
        "backbone": "tiny/bert",
        "codec": str(codec_folder),
        "max_length": 60,
        "selection": {"C": 10.0, "layers": list(range(1, 9))},
        "pretrain": {"epochs": 1, "batch_size": 4},
    }
    bundle = {**task, **method, "out": str(tmp_path / "out")}
    bundle["training_examples"] = {"voice_only_share": 0}
    experiment = {**task, "metric": "macro_f1", "seeds": [1], "work": str(tmp_path / "experiments")}
    system = {**method, "name": "speech_tokens", "epochs": 1, "rank": 2}
    for name, content in {"bundle": bundle, "task": experiment, "system": system}.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
    assert main(["pretrain", str(tmp_path / "bundle.yaml")]) == 0
    assert main(["experiment", *(str(tmp_path / f"{n}.yaml") for n in ("task", "system"))]) == 0
    one, other = tmp_path / "bundle", tmp_path / "experiments" / "system"
    first, second = (read_vocabulary(work) for work in (one, other))
    assert first.pairs == second.pairs
    np.testing.assert_array_equal(first.weights, second.weights)
    rows = read_rows(one)
    torch.testing.assert_close(read_rows(other), rows, rtol=0, atol=0)
    assert torch.equal(rows, rows.half().float())  # as they will ship


def test_a_label_without_a_clip_is_left_to_the_words(codec, caplog) -> None:
    codes = [codec.encode(tone(0.4, 120.0 + 150 * (n % 2) + n)) for n in range(8)]
    targets = np.zeros((8, 3), dtype=np.int64)
    targets[np.arange(8), [0, 2] * 4] = 1
    clips = LabelledClips(codes, ["news"] * 8, targets, codec.codebooks, codec.sounding)
    config = SelectConfig(C=10.0, layers=tuple(range(1, 9)))
    found = select(clips, ("bad", "odd", "good"), config, multi_label=False)
    assert found.vocabulary.classes == ("bad", "good")
    assert "only texts have the label odd" in caplog.text


def test_pauses_count_only_where_they_are_asked_for() -> None:
    pause, voice = 7, np.array([1, 2])
    codes = [
        np.concatenate([np.full(n % 2 * 9, pause), np.repeat(voice[n % 2], 5)])[None]
        for n in range(8)
    ]
    targets = np.eye(2, dtype=np.int64)[[0, 1] * 4]
    clips = LabelledClips(
        codes, ["news"] * 8, targets, [np.zeros((8, 2), np.float32)], lambda c: c[:, c[0] != pause]
    )
    for sounding in (False, True):
        config = SelectConfig(C=10.0, layers=(1,), threshold=1e-9, sounding=sounding)
        found = select(clips, ("bad", "good"), config, multi_label=False).vocabulary
        assert ((1, pause) in found.pairs) is not sounding
        assert found.pairs[-1] == ((1, 2) if sounding else (1, pause))
