from __future__ import annotations

import numpy as np
import pytest

from audiotok.errors import DataError
from train.method.code_groups import group_codebooks
from train.method.selection import select_tokens
from train.method.token_counts import count_tokens, sum_groups
from train.settings.selection import SelectConfig


def codebook(seed: int) -> np.ndarray:
    """Four clusters along one axis, of eight entries each, in random order."""
    rng = np.random.default_rng(seed)
    centres = np.repeat([0.0, 10.0, 20.0, 30.0], 8)
    return rng.permutation(np.column_stack([centres, np.zeros(32)]) + rng.normal(0, 0.1, (32, 2)))


def test_similar_entries_are_one_code_and_neighbours_have_near_numbers() -> None:
    books = [codebook(0), codebook(1)]
    groups = group_codebooks(books, 4, seed=1)
    assert groups.shape == (2, 32)
    for book, of_layer in zip(books, groups, strict=True):
        along = np.round(book[:, 0] / 10).astype(int)
        assert (of_layer == along).all() or (of_layer == 3 - along).all()
    np.testing.assert_array_equal(groups, group_codebooks(books, 4, seed=1))


def test_more_groups_than_entries_are_refused() -> None:
    with pytest.raises(DataError, match="codes_per_layer"):
        group_codebooks([codebook(0)], 33, seed=0)


def test_counts_of_a_group_are_those_of_its_codes() -> None:
    groups = np.array([[0, 1, 0, 1], [1, 1, 1, 0]])
    codes = np.array([[0, 2, 3], [3, 3, 0]])
    counts = sum_groups(count_tokens([codes], (1, 2), 4), groups)
    np.testing.assert_array_equal(counts.toarray(), [[2, 1, 2, 1]])


def test_the_lasso_selects_groups() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    groups = np.array([np.arange(32) // 8])
    codes = [rng.integers(8, 32, (1, 20)) for _ in y]
    for clip, label in zip(codes, y, strict=True):
        if label:
            clip[0, rng.choice(20, 8, replace=False)] = rng.integers(0, 8, 8)
    config = SelectConfig(layers=(1,), C=1.0, n_tokens=1, merge_repeats=True, min_frames=2)
    found = select_tokens(
        codes, [""] * 80, y, ("calm", "glad"), config, codebook_size=32, groups=groups
    ).vocabulary
    assert found.pairs == ((1, 0),)
    assert found.find(np.array([[1, 5, 9, 3]]))[0].n_frames == 2
    assert len(found.find(np.array([[1, 5, 9, 3]]))) == 1
