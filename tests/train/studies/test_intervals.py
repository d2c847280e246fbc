"""Means over clips, and intervals that know which clips are of one speaker."""

from __future__ import annotations

import numpy as np
import pytest

from train.studies.intervals import caveat, mean_interval, percent


def test_clips_of_one_speaker_count_as_one_draw() -> None:
    """Forty clips that differ between speakers alone say no more than four speakers do."""
    of_speaker = np.repeat([0.0, 1.0, 2.0, 3.0], 10)
    speakers = np.repeat(list("abcd"), 10)
    found = mean_interval(of_speaker, list(speakers))
    assert found.mean == pytest.approx(1.5)
    as_if_independent = mean_interval(of_speaker, list(range(40)))
    width, narrow = found.high - found.low, as_if_independent.high - as_if_independent.low
    assert width > 2.5 * narrow
    assert 0 <= found.low < 1.5 < found.high <= 3


def test_of_a_single_speaker_clips_are_drawn() -> None:
    values = np.random.default_rng(0).normal(size=(100, 2, 3))
    found = mean_interval(values, ["one"] * 100)
    np.testing.assert_allclose(found.mean, values.mean(axis=0))
    np.testing.assert_allclose(found.high - found.low, 2 * 1.96 / 10, rtol=0.25)


def test_what_is_missing_does_not_count() -> None:
    values = np.array([[1.0, np.nan], [3.0, 5.0], [2.0, np.nan]])
    found = mean_interval(values, ["a", "b", "c"])
    np.testing.assert_allclose(found.mean, [2.0, 5.0])
    assert found.low[1] == found.high[1] == 5.0


def test_intervals_are_told_and_so_is_how_far_to_trust_them() -> None:
    found = mean_interval(np.array([[0.1], [0.1]]), ["a", "b"])
    assert percent(found, (0,), signed=True) == "+10.0 (+10.0 to +10.0)"
    told = caveat({"nemo": 1, "ravdess": 4, "large": 30})
    assert "nemo has one test speaker" in told
    assert "few speakers as ravdess" in told
    assert "large" not in told
