"""Shares of codes that stay the same."""

from __future__ import annotations

import numpy as np

from tests.sounds import spoken
from train.codec.stability import CHANGES, COARSE, measure_stability


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
