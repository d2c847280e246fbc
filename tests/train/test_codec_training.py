from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml

from audiotok.audio import SAMPLE_RATE
from audiotok.codec import Codec
from tests.conftest import CODEC_CONFIG, tone
from train.__main__ import main
from train.codec import CodecConfig, _Run
from train.config import read_config
from train.teachers import cepstra, distillation_loss


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for speaker in range(4):
        folder = tmp_path / "speech" / f"s{speaker}"
        folder.mkdir(parents=True)
        soundfile.write(folder / "a.flac", tone(2.0, 100 + 40 * speaker), SAMPLE_RATE)
    content = {
        "data_dir": str(tmp_path),
        "out": str(tmp_path / "codec"),
        "work": str(tmp_path / "work"),
        "corpora": [{"reader": "librispeech", "root": "speech", "splits": {"test": ["s3"]}}],
        "model": CODEC_CONFIG,
        "teacher": "cepstra",
        "steps": 30,
        "batch_size": 4,
        "segment_s": 0.32,
        "kmeans_frames": 200,
        "checkpoint_every": 10,
    }
    path = tmp_path / "codec.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_training_ends_in_a_codec_with_a_card(config, tmp_path) -> None:
    assert main(["codec", str(config)]) == 0
    codes = Codec.load(tmp_path / "codec").encode(tone(1.0))
    assert codes.shape == (8, 50)
    card = (tmp_path / "codec" / "README.md").read_text()
    assert "1 clips" in card
    assert "3 clips" in card


def test_a_killed_run_goes_on_and_ends_in_the_same_codec(config, tmp_path, monkeypatch) -> None:
    assert main(["codec", str(config)]) == 0
    whole = Codec.load(tmp_path / "codec")
    (tmp_path / "work" / "checkpoint.pt").unlink()
    step = _Run.train_step

    def killed(run, wave):
        if run.step == 17:
            raise KeyboardInterrupt
        return step(run, wave)

    monkeypatch.setattr(_Run, "train_step", killed)
    with pytest.raises(KeyboardInterrupt):
        main(["codec", str(config)])
    monkeypatch.undo()
    assert main(["codec", str(config)]) == 0
    again = Codec.load(tmp_path / "codec")
    assert again.config == whole.config
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(again.model.state_dict()[name], value, atol=1e-3, rtol=1e-2)


def test_whitening_evens_out_the_latents_and_changes_no_sound(config) -> None:
    settings = read_config(config, CodecConfig).model_copy(update={"whitening": 1.0})
    run = _Run(settings, torch.device("cpu"))
    waves = torch.from_numpy(np.stack([tone(1.0, hz) for hz in (90, 150, 260)]))[:, None]
    with torch.no_grad():
        latents = run.model.encoder(waves)
        before = run.model.decoder(latents)
        frames = run.whiten(latents.transpose(1, 2).flatten(0, 1))
        after = run.model.encoder(waves)
        torch.testing.assert_close(run.model.decoder(after), before, atol=2e-3, rtol=2e-2)
        torch.testing.assert_close(
            after.transpose(1, 2).flatten(0, 1), frames, atol=2e-3, rtol=2e-2
        )
    torch.testing.assert_close(frames.std(dim=0), torch.ones(8), atol=0.1, rtol=0.1)


def test_unused_codes_come_back(config) -> None:
    run = _Run(read_config(config, CodecConfig), torch.device("cpu"))
    latents = torch.randn(4, 8, 50)
    codebook = run.codebooks[0]
    codebook.embed.copy_(torch.randn(16, 8))
    codebook.embed[3] = 100.0  # far from everything
    codebook.cluster_size.fill_(1.0)
    codebook.cluster_size[3] = 0.0
    run.revive_codes(latents)
    used = codebook.quantize(latents.transpose(1, 2).flatten(0, 1))
    assert 3 in used


def test_the_teacher_prefers_what_it_teaches() -> None:
    targets = cepstra()(torch.from_numpy(tone(1.0))[None])
    assert targets.shape == (1, 50, 20)
    torch.testing.assert_close(
        targets, cepstra()(0.1 * torch.from_numpy(tone(1.0))[None]), atol=1.0, rtol=0.1
    )
    good = distillation_loss(targets + 0.01, targets)
    bad = distillation_loss(torch.randn_like(targets), targets)
    assert good < bad
