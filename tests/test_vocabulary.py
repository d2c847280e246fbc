"""Selected tokens are found in codes: as they are, or in groups that last."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiotok.errors import BundleError
from audiotok.vocabulary import AudioVocabulary, Occurrence

GROUPS = np.array([[0, 0, 1, 1], [2, 1, 0, 0]])  # of layers 2 and 4
CODES = np.array([[9] * 6, [0, 1, 1, 2, 3, 0], [9] * 6, [0, 0, 3, 2, 2, 1]])


def coarse(**changes: object) -> AudioVocabulary:
    vocabulary = AudioVocabulary(
        classes=("glad",),
        layers=(2, 4),
        pairs=((2, 0), (4, 0)),
        weights=np.ones((2, 1)),
        groups=GROUPS,
        merge_repeats=True,
    )
    return replace(vocabulary, **changes)


def test_codes_of_one_group_are_one_token_that_lasts() -> None:
    assert coarse().find(CODES) == (
        Occurrence(0, 2, 0, 0, n_frames=3),
        Occurrence(2, 4, 0, 1, n_frames=3),
        Occurrence(5, 2, 0, 0, n_frames=1),
    )


def test_short_ones_do_not_count() -> None:
    assert [(o.frame, o.layer) for o in coarse(min_frames=2).find(CODES)] == [(0, 2), (2, 4)]


def test_without_merging_every_frame_is_an_occurrence() -> None:
    found = coarse(merge_repeats=False).find(CODES)
    assert [(o.frame, o.layer) for o in found] == [
        (0, 2),
        (1, 2),
        (2, 2),
        (2, 4),
        (3, 4),
        (4, 4),
        (5, 2),
    ]
    assert {o.n_frames for o in found} == {1}


def test_it_is_read_as_it_was_written(tmp_path) -> None:
    coarse(min_frames=2).save(tmp_path / "v.json")
    again = AudioVocabulary.load(tmp_path / "v.json")
    assert again.find(CODES) == coarse(min_frames=2).find(CODES)
    assert (again.merge_repeats, again.min_frames) == (True, 2)
    np.testing.assert_array_equal(again.groups, GROUPS)


@pytest.mark.parametrize(
    "changes",
    [
        {"groups": GROUPS[:1]},
        {"groups": GROUPS[0]},
        {"groups": GROUPS - 1},
        {"merge_repeats": False, "min_frames": 2},
    ],
)
def test_parts_that_do_not_fit_are_refused(changes) -> None:
    with pytest.raises(BundleError):
        coarse(**changes)


@pytest.mark.parametrize("codes", [CODES[:3], CODES + 4])
def test_codes_of_another_codec_are_refused(codes) -> None:
    with pytest.raises(BundleError):
        coarse().find(codes)
