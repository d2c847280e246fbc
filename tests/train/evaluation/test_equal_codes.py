"""Shares of codes that stay the same, frame by frame."""

from __future__ import annotations

import numpy as np

from train.evaluation.equal_codes import equal_share


def test_equal_codes_are_counted_by_layer_over_all_frames():
    before = np.array([[1, 2, 3, 4], [5, 5, 5, 5]])
    after = np.array([[1, 2, 0, 0, 9], [5, 5, 5, 5, 9]])
    short = np.array([[1, 1], [6, 6]])
    assert equal_share([(before, after), (short, short)]).tolist() == [4 / 6, 1.0]


def test_codes_of_one_group_are_equal():
    before, after = np.array([[0, 2]]), np.array([[1, 0]])
    assert equal_share([(before, after)]).tolist() == [0.0]
    assert equal_share([(before, after)], np.array([[7, 7, 8]])).tolist() == [0.5]
