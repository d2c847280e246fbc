from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import tone
from train.codec.quality import LOG_MEL, measure_layers, quality_measures


@pytest.fixture
def clip(codec):
    clean = codec.levelled(tone(1.0))
    return clean, codec.encode(clean)


class Additive:
    """Decodes to the clip from all layers, and to less of it the fewer there are."""

    n_layers = 3

    def __init__(self, clean: np.ndarray) -> None:
        self.clean = clean

    def decode(self, codes: np.ndarray, layers: range) -> np.ndarray:
        rng = np.random.default_rng(0)
        noise = rng.normal(0, 0.05 * (self.n_layers - len(layers)), len(self.clean) + 160)
        return (np.pad(self.clean, (0, 160)) + noise).astype(np.float32)


def test_the_fewer_layers_the_farther_from_the_clip() -> None:
    clean = tone(2.0)
    quality = measure_layers(Additive(clean), [(clean, np.zeros((3, 100), np.int64))] * 2)
    assert (quality.n_clips, quality.seconds) == (2, 4.0)
    distances = quality.means[LOG_MEL]
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] == pytest.approx(0, abs=1e-6)


def test_a_real_codec_is_judged_at_every_number_of_layers(codec, clip) -> None:
    quality = measure_layers(codec, [clip])
    assert quality.means.keys() == quality_measures().keys()
    assert quality.means[LOG_MEL].shape == (8,)
    assert np.isfinite(quality.means[LOG_MEL]).all()


@pytest.mark.parametrize(("package", "measure"), [("pystoi", "STOI"), ("pesq", "PESQ")])
def test_ears_prefer_less_noise_and_say_nothing_of_silence(package, measure) -> None:
    pytest.importorskip(package)
    judge = quality_measures()[measure]
    rng = np.random.default_rng(0)
    gate = np.repeat(rng.random(20) < 0.7, 1600)  # syllables
    clean = (tone(2.0) * gate).astype(np.float32)
    noise = rng.normal(0, 0.1, len(clean)).astype(np.float32)
    little, much = judge(clean + 0.1 * noise, clean), judge(clean + 3 * noise, clean)
    assert little > much
    assert np.isnan(judge(np.zeros(16000, np.float32), np.zeros(16000, np.float32)))


def test_clips_that_cannot_be_judged_do_not_count(monkeypatch) -> None:
    heard = iter([1.0, np.nan, 3.0, np.nan, np.nan, np.nan])
    monkeypatch.setattr(
        "train.codec.quality.quality_measures", lambda: {"ear": lambda *_: next(heard)}
    )
    clean = tone(0.5)
    codec = Additive(clean)
    quality = measure_layers(codec, [(clean, np.zeros((3, 25), np.int64))] * 2)
    np.testing.assert_array_equal(quality.means["ear"], [1.0, np.nan, 3.0])
