from __future__ import annotations

import numpy as np

from audiotok.vocabulary import AudioVocabulary
from tests.train.evaluation.test_token_probe import clips
from train.settings.selection import SelectConfig
from train.studies.language_model_sizes import VocabularyScores, sizes_table
from train.studies.sizes import (
    FACTORS,
    BagScores,
    bags_table,
    count_selected,
    curves_of,
    regularisation_path,
    size_scores,
)


def vocabulary(*pairs: tuple[int, int]) -> AudioVocabulary:
    return AudioVocabulary(("label",), (1, 2), pairs, np.ones((len(pairs), 1)))


def test_a_vocabulary_tells_what_its_tokens_say() -> None:
    train, validation, test = clips(200, 0), clips(60, 1), clips(100, 2)

    def scores(*pairs: tuple[int, int]) -> list[float]:
        told = size_scores(vocabulary(*pairs), train, {"seen": validation}, {"new": test}, 16)
        assert list(told) == ["seen", "new"]
        return list(told.values())

    telling, noise = scores((2, 0), (2, 1), (2, 2), (2, 3)), scores((1, 0), (1, 1), (1, 2))
    assert min(telling) > 0.9
    assert max(noise) < 0.6


def test_a_clip_without_any_of_the_tokens_counts_none() -> None:
    codes = [np.array([[1, 1, 2], [5, 5, 5]]), np.array([[3, 3, 3], [7, 7, 6]])]
    counts = count_selected(codes, vocabulary((2, 5), (1, 1)), 16).toarray()
    assert counts.tolist() == [[3, 2], [0, 0]]


def test_groups_of_codes_are_counted_together() -> None:
    groups = np.array([[0, 0, 1, 1, 0, 0, 0, 0]] * 2)
    coarse = AudioVocabulary(("label",), (1, 2), ((2, 0), (1, 1)), np.ones((2, 1)), groups)
    codes = [np.array([[1, 3, 2], [5, 5, 2]])]
    assert count_selected(codes, coarse, 8).toarray().tolist() == [[2, 2]]


def test_what_a_bundle_is_told_is_of_test_speakers_and_grows() -> None:
    read = [
        VocabularyScores(n, {"validation: a": 0.1, "test: a": n / 100, "test: b": 0.5})
        for n in (6, 50)
    ]
    counted = [
        BagScores(0.1, False, 9, {"validation: a": 0.1, "test: a": 0.2}),
        BagScores(1.0, False, 60, {"validation: a": 0.1, "test: a": 0.6}),
        BagScores(1.0, True, 50, {"validation: a": 0.1, "test: a": 0.4}),
    ]
    curves = curves_of(read, counted)
    assert [(each.n_tokens, each.macro_f1) for each in curves.language_model] == [
        (6, {"a": 0.06, "b": 0.5}),
        (50, {"a": 0.5, "b": 0.5}),
    ]
    assert [each.n_tokens for each in curves.bag_of_tokens] == [9, 50, 60]
    assert sizes_table(read).count("\n") == 3
    assert "1, the strongest | 50" in bags_table(counted, 100)


def test_the_path_keeps_all_that_has_a_weight_and_ends_as_configured() -> None:
    *path, configured = regularisation_path(
        SelectConfig(C=0.1, n_tokens=50, path=[2.0], layers=(1, 3))
    )
    assert [settings.C for settings in path] == [0.1 * factor for factor in FACTORS]
    assert {(s.n_tokens, tuple(s.path), s.layers) for s in path} == {(None, (), (1, 3))}
    assert configured == SelectConfig(C=0.1, n_tokens=50, layers=(1, 3))
