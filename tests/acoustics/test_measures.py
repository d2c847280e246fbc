"""The measures stay what the shipped codec learned them to be."""

from __future__ import annotations

import numpy as np
import pytest

from audiotok.acoustics import measures
from audiotok.acoustics.measures import measure
from audiotok.audio import SAMPLE_RATE
from audiotok.codec import Codec


def probe() -> np.ndarray:
    """A gliding voice that swells, breath, and silence: one second."""
    times = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(140 + 120 * times) / SAMPLE_RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 12)) * (0.05 + 0.3 * times)
    breath = np.random.default_rng(0).normal(0, 0.02, SAMPLE_RATE // 4)
    return np.concatenate([voice, breath, np.zeros(SAMPLE_RATE // 4)]).astype(np.float32)


def summary(name: str) -> np.ndarray:
    """Mean and deviation over frames of every column, and its level."""
    (found,) = measure([name], probe())
    parts = [found.values.mean(axis=0), found.values.std(axis=0), found.level]
    return np.nan_to_num(np.concatenate(parts))


# fmt: off
VERSION_1 = {
    "content": [
        21.3324, -1.8267, -5.852, 2.544, 2.6775, -2.2523, -1.3676, 1.3937, 0.0218, -1.6224,
        -0.4476, 0.4083, 24.0395, 3.8989, 5.9997, 3.1387, 3.3064, 3.2447, 2.2728, 1.7524, 2.353,
        2.0619, 1.4862, 1.1669, 21.3324, -1.8267, -5.852, 2.544, 2.6775, -2.2523, -1.3676,
        1.3937, 0.0218, -1.6224, -0.4476, 0.4083,
    ],
    "pitch": [
        7.5179, 0.5, 0.0748, 0.1721, 0.1554, 0.491, 0.0743, 0.1523, 7.4097, 0.0, 0.0, 0.0,
    ],
    "energy": [
        -36.7854, -9.7583, -22.7271, -33.1424, 30.8994, 33.5437, 43.7498, 38.2608, -3.6898, 0.0,
        0.0, 0.0,
    ],
    "quality": [
        1.437, -1.9531, -39.792, 0.9365, 0.5183, 2.0831, 3.258, 45.3445, 2.0379, 0.444, 1.437,
        -1.9531, -39.792, 0.9365, 0.5183,
    ],
}
# fmt: on


@pytest.mark.parametrize("name", sorted(measures.MEASURES))
def test_measures_that_change_have_another_version(name: str) -> None:
    """Where this fails on purpose, raise ``measures.VERSION`` and store the new figures."""
    assert measures.VERSION == 1
    np.testing.assert_allclose(summary(name), VERSION_1[name], atol=2e-3)


def test_the_fingerprint_of_a_codec_says_which_measures_it_goes_by(monkeypatch) -> None:
    def fingerprint() -> str:
        return Codec.load().fingerprint

    shipped = fingerprint()
    assert shipped == "5495c3727985c796"  # as the shipped bundles name it
    monkeypatch.setattr(measures, "VERSION", 2)
    assert fingerprint() != shipped


def test_measures_are_nothing_to_a_codec_that_was_taught_none(codec_folder, monkeypatch) -> None:
    before = Codec.load(codec_folder).fingerprint
    monkeypatch.setattr(measures, "VERSION", 2)
    assert Codec.load(codec_folder).fingerprint == before
