"""Shares of codes that stay the same."""

from __future__ import annotations

import numpy as np

from tests.sounds import spoken
from train.codec.stability import CHANGES, COARSE, equal_share, measure_stability


def test_equal_codes_are_counted_by_layer_over_all_frames():
    before = np.array([[1, 2, 3, 4], [5, 5, 5, 5]])
    after = np.array([[1, 2, 0, 0, 9], [5, 5, 5, 5, 9]])
    short = np.array([[1, 1], [6, 6]])
    assert equal_share([(before, after), (short, short)]).tolist() == [4 / 6, 1.0]


def test_codes_of_one_group_are_equal():
    before, after = np.array([[0, 2]]), np.array([[1, 0]])
    assert equal_share([(before, after)]).tolist() == [0.0]
    assert equal_share([(before, after)], np.array([[7, 7, 8]])).tolist() == [0.5]


def test_the_shipped_codec_is_steadier_with_fewer_codes_and_does_not_hear_the_level():
    from audiotok.assets import CODEC
    from audiotok.codec import Codec

    codec = Codec.load(str(CODEC))
    found = measure_stability(codec, [0.2 * spoken(0.8)])
    assert list(found) == [codec.codebook_size, COARSE]
    assert set(found[COARSE]) == set(CHANGES)
    assert (found[codec.codebook_size]["gain -12 dB"] > 0.97).all()
    own, coarse = (np.mean([each.mean() for each in found[n].values()]) for n in found)
    assert coarse > own
