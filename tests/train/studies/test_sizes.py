from __future__ import annotations

import numpy as np

from audiotok.vocabulary import AudioVocabulary
from tests.train.evaluation.test_token_probe import clips
from train.settings.selection import SelectConfig
from train.studies.language_model_sizes import SizeScores, sizes_table
from train.studies.size_picture import size_figure
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


def test_groups_of_codes_are_counted_together() -> None:
    groups = np.array([[0, 0, 1, 1, 0, 0, 0, 0]] * 2)
    coarse = AudioVocabulary(("label",), (1, 2), ((2, 0), (1, 1)), np.ones((2, 1)), groups)
    codes = [np.array([[1, 3, 2], [5, 5, 2]])]
    assert count_selected(codes, coarse, 8).toarray().tolist() == [[2, 2]]


def test_the_picture_shows_every_test_corpus_at_every_size() -> None:
    found = [
        SizeScores(n, {"validation: a": 0.1, "test: a": n / 100, "test: b": 0.5}) for n in (6, 50)
    ]
    (axes,) = size_figure(found).axes
    assert [list(line.get_ydata()) for line in axes.lines] == [[0.06, 0.5], [0.5, 0.5]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]
    assert sizes_table(found).count("\n") == 3


def test_the_path_keeps_all_that_has_a_weight_and_ends_as_configured() -> None:
    *path, configured = regularisation_path(
        SelectConfig(C=0.1, n_tokens=50, path=[2.0], layers=(1, 3))
    )
    assert [settings.C for settings in path] == [0.1 * factor for factor in FACTORS]
    assert {(s.n_tokens, tuple(s.path), s.layers) for s in path} == {(None, (), (1, 3))}
    assert configured == SelectConfig(C=0.1, n_tokens=50, layers=(1, 3))
