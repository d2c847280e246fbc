from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import tone
from train.codec.frame_probe import energy_db, frame_r2, pitch_octaves


def clips(seed: int):
    """Layer 2 follows the value of the frame; layer 1 is noise."""
    rng = np.random.default_rng(seed)
    codes, values = [], []
    for _ in range(30):
        value = np.cumsum(rng.normal(0, 0.3, 100)).clip(-2, 1.9)
        codes.append(np.stack([rng.integers(0, 16, 100), ((value + 2) * 4).astype(int)]))
        values.append(np.where(rng.random(100) < 0.3, np.nan, value))
    return codes, values


def test_the_layer_that_follows_the_value_tells_it_and_the_other_does_not() -> None:
    train, test = clips(0), clips(1)
    assert frame_r2(train, test, (2,), 16) > 0.9
    assert frame_r2(train, test, (1, 2), 16) > 0.9
    assert frame_r2(train, test, (1,), 16) < 0.1


def test_pitch_and_energy_are_relative_to_the_clip() -> None:
    low, high = (tone(1.0, hz) for hz in (120, 240))
    clip = np.concatenate([low, high, high])
    octaves = pitch_octaves(clip, 150)
    assert np.nanmedian(octaves[5:45]) == pytest.approx(-1, abs=0.05)
    assert np.nanmedian(octaves[60:140]) == pytest.approx(0, abs=0.05)
    louder = np.concatenate([low, 10 * low])
    level = energy_db(louder, 100)
    assert level.mean() == pytest.approx(0, abs=1e-6)
    assert level[50:].mean() - level[:50].mean() == pytest.approx(20, abs=0.5)
    np.testing.assert_allclose(energy_db(0.1 * louder, 100), level, atol=1e-3)


def test_frames_after_the_end_and_silence_have_a_value_or_none() -> None:
    assert pitch_octaves(tone(0.5), 26).shape == (26,)
    assert energy_db(tone(0.5), 26).shape == (26,)
    assert np.isnan(pitch_octaves(np.zeros(3200, np.float32), 10)).all()
    assert not energy_db(np.zeros(3200, np.float32), 10).any()
