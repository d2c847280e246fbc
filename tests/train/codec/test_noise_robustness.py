from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from audiotok.acoustics.measures import FRAME
from audiotok.acoustics.taught_dimensions import TaughtDimensions
from audiotok.audio import Samples
from audiotok.codec import Codec
from tests.conftest import CODEC_CONFIG, tone
from train.codec import noise_robustness, teachers
from train.codec.noise_robustness import ChangedSegments, train_noise_robust
from train.codec.settings import CodecConfig, NoiseRobustTrainingConfig

SETTINGS = NoiseRobustTrainingConfig(steps=100, batch_size=4, segment_s=0.4, learning_rate=3e-4)
N_FRAMES = 20


@pytest.fixture
def config(tmp_path: Path) -> CodecConfig:
    return CodecConfig(
        data_dir=tmp_path, out=tmp_path / "codec", work=tmp_path / "work", corpora=[],
        model=CODEC_CONFIG, noise_robust_training=SETTINGS, checkpoint_every=10,
    )  # fmt: skip


@pytest.fixture
def model(codec_folder: Path) -> Any:
    return Codec.load(codec_folder).model.requires_grad_(True)


@pytest.fixture(scope="module")
def waves() -> list[Samples]:
    return [0.5 * tone(1.0, hz) / np.abs(tone(1.0, hz)).max() for hz in range(90, 300, 20)]


def error(encoder: Any, teacher: Any, waves: list[Samples]) -> float:
    """How far what an encoder says of changed sounds is from what another says of clean ones."""
    changed, clean, _ = ChangedSegments(waves, TaughtDimensions(), SETTINGS)[1000]
    with torch.no_grad():
        said, wanted = encoder(changed), teacher(clean)
    return float((((said - wanted) / wanted.std(dim=(0, 2))[:, None]) ** 2).mean())


def test_a_hardened_encoder_says_of_a_changed_sound_what_it_said_of_the_clean_one(
    model, config, waves, codec_folder, monkeypatch
) -> None:
    def tinny(samples: Samples, _: Any) -> Samples:
        return np.diff(samples, prepend=samples[:1])

    monkeypatch.setattr(noise_robustness, "transmit", tinny)
    before = Codec.load(codec_folder).model
    train_noise_robust(model, TaughtDimensions(), waves, config, SETTINGS)
    unheard = [0.5 * tone(1.0, hz) / np.abs(tone(1.0, hz)).max() for hz in (120, 180, 240)]
    assert error(model.encoder, before.encoder, unheard) < 0.9 * error(
        before.encoder, before.encoder, unheard
    )
    for name, value in before.state_dict().items():
        same = torch.equal(value, model.state_dict()[name])
        assert same or name.startswith("encoder."), name


def test_a_killed_training_goes_on(model, config, waves, codec_folder, monkeypatch) -> None:
    few = SETTINGS.model_copy(update={"steps": 20})
    train_noise_robust(model, TaughtDimensions(), waves, config, few)
    (config.work / "noise_robust_training.pt").unlink()
    step = noise_robustness._Run.train_step

    def killed(run, batch):
        if run.step == 13:
            raise KeyboardInterrupt
        return step(run, batch)

    again = Codec.load(codec_folder).model.requires_grad_(True)
    monkeypatch.setattr(noise_robustness._Run, "train_step", killed)
    with pytest.raises(KeyboardInterrupt):
        train_noise_robust(again, TaughtDimensions(), waves, config, few)
    monkeypatch.undo()
    fresh = Codec.load(codec_folder).model.requires_grad_(True)
    train_noise_robust(fresh, TaughtDimensions(), waves, config, few)
    for whole, resumed in zip(model.parameters(), fresh.parameters(), strict=True):
        torch.testing.assert_close(whole, resumed, atol=1e-3, rtol=1e-2)


def test_latents_move_along_with_the_level_that_is_taken_out(waves) -> None:
    taught, _ = teachers.prepare(["content", "energy"], waves)
    segments = ChangedSegments(waves, taught, SETTINGS)
    changed, clean, moved = segments[3]
    assert changed.shape == clean.shape == (4, 1, N_FRAMES * FRAME)
    assert moved.shape == (4, taught.n_dimensions)
    torch.testing.assert_close(changed.amax(dim=2), clean.amax(dim=2), atol=0.2, rtol=0)
    for heard, original, move in zip(changed[:, 0], clean[:, 0], moved, strict=True):
        step, before = (taught.step(taught.measure(w.numpy())) for w in (heard, original))
        np.testing.assert_allclose(step + move.numpy(), before, atol=1e-5)
    assert all(
        np.array_equal(a, b) for a, b in zip(segments[3], (changed, clean, moved), strict=True)
    )
    assert not torch.equal(segments[4][1], clean)
