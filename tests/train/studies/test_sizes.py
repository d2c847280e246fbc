from __future__ import annotations

import numpy as np

from audiotok.vocabulary import AudioVocabulary
from tests.train.evaluation.test_token_probe import clips
from train.settings.selection import SelectConfig
from train.studies.sizes import FACTORS, count_selected, regularisation_path, size_scores


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


def test_the_path_keeps_all_that_has_a_weight_and_ends_as_configured() -> None:
    *path, configured = regularisation_path(
        SelectConfig(C=0.1, n_tokens=50, path=[2.0], layers=(1, 3))
    )
    assert [settings.C for settings in path] == [0.1 * factor for factor in FACTORS]
    assert {(s.n_tokens, tuple(s.path), s.layers) for s in path} == {(None, (), (1, 3))}
    assert configured == SelectConfig(C=0.1, n_tokens=50, layers=(1, 3))
