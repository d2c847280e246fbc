"""Where a clip's tokens lie on the bundle's map, and how that map is made."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from audiotok.analysis.embedding_map import (
    clip_on_map,
    embedding_map_csv,
    embedding_map_record,
    map_sentence,
)
from audiotok.analysis.token_card import N_COMMON
from audiotok.bundle import Bundle
from audiotok.embedding_map import EMBEDDING_MAP
from audiotok.errors import AudiotokError
from audiotok.plots.embedding_map import embedding_map_figure, labelled
from tests.fake_classifier import OLDER_BUNDLE, make_prediction, telling_bundle
from tests.talkative import classifier_of
from train.evaluation.embedding_map import (
    embedding_map,
    heard_rows,
    principal_plane,
    telling_words,
    whole_words,
    write_embedding_map,
)

PREDICTION = make_prediction()
TELLING = telling_bundle("emotion")


def test_the_tokens_of_a_clip_are_marked_with_their_times() -> None:
    record = embedding_map_record(clip_on_map(TELLING, PREDICTION))
    first = PREDICTION.selected[0]
    own = record["tokens"][first.index]
    assert own["starts_s"][0] == pytest.approx(first.frame * PREDICTION.frame_s)
    n_times = sum(len(each["starts_s"]) for each in record["tokens"])
    assert n_times == len(PREDICTION.selected)
    assert record["explained"] == [0.21, 0.08]
    rows = embedding_map_csv(clip_on_map(TELLING, PREDICTION)).splitlines()
    assert len(rows) == 1 + 60 + 2
    assert rows[-2] == "word,happy,0.1,0.2,,"


def test_a_clip_without_selected_tokens_has_none_on_the_map() -> None:
    found = clip_on_map(TELLING, replace(PREDICTION, selected=()))
    assert map_sentence(found).startswith("0 of the 60 audio tokens sound in this clip")
    assert len(embedding_map_figure(found).axes) == 1


def test_a_bundle_without_a_map_is_one_sentence() -> None:
    with pytest.raises(AudiotokError, match=r"has no file 'embedding_map\.json'"):
        clip_on_map(SimpleNamespace(**OLDER_BUNDLE), PREDICTION)


def test_a_map_of_no_words_can_be_drawn() -> None:
    bare = TELLING.embedding_map.model_copy(update={"words": ()})
    found = clip_on_map(SimpleNamespace(embedding_map=bare), PREDICTION)
    assert len(embedding_map_figure(found, "A title").axes) == 1


def test_labels_do_not_cover_each_other() -> None:
    words = [("happy", 0.1, 0.5), ("glad", 0.11, 0.505), ("sad", 0.5, 0.5), ("far", 0.1, 0.9)]
    assert list(labelled([*words, ("beyond", 0.99, 0.1)])) == [0, 2, 3]


def test_the_plane_is_that_on_which_groups_of_any_size_differ_most() -> None:
    rng = np.random.default_rng(0)
    axes = np.zeros((2, 8))
    axes[0, 3], axes[1, 5] = 3, 1
    few = rng.normal(size=(10, 2)) @ axes
    many = rng.normal(size=(2_000, 2)) @ axes + 0.01 * rng.normal(size=(2_000, 8))
    (a, b), (first, second) = principal_plane(few, many)
    assert first > second > 0.02
    assert first + second == pytest.approx(1, abs=1e-3)
    assert (len(a), len(b)) == (10, 2_000)
    # Distances within the plane are kept.
    np.testing.assert_allclose(
        np.linalg.norm(np.subtract(a[0], a[1])), np.linalg.norm(few[0] - few[1]), atol=1e-2
    )
    assert principal_plane(few, many) == ([a, b], (first, second))


def test_planes_of_nothing_and_of_one_place_are_flat() -> None:
    (a, b), explained = principal_plane(np.ones((3, 4)), np.zeros((0, 4)))
    assert (a, b, explained) == ([(0.0, 0.0)] * 3, [], (0.0, 0.0))


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (["[PAD]", "the", "##ly", "is", "happy", "don't", "[unused7]"], ["the", "happy"]),
        (["<s>", "Ġthe", "hap", "Ġhappy", "Ġ", "the"], ["the", "happy"]),
        (["<s>", "▁the", "▁9ers", "y"], ["the"]),
    ],
)
def test_whole_words_are_told_from_pieces(pieces: list[str], words: list[str]) -> None:
    found = whole_words(pieces)
    assert list(found) == words
    assert all(pieces[id_].strip("Ġ▁") == word for word, id_ in found.items())


def test_rare_words_are_not_placed_though_tokens_lie_near_them() -> None:
    words = {"the": 10, "glad": 11, "rare": N_COMMON, "anger": N_COMMON + 1}
    embeddings = np.eye(4)
    rows = np.array([[0.0, 0.9, 1.0, 0.0]] * 3)
    vocabulary = SimpleNamespace(classes=("anger",))
    placed = telling_words(words, embeddings, rows, vocabulary)  # type: ignore[arg-type]
    assert placed == ["anger", "glad", "the"]


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_a_bundle_is_mapped_by_what_its_seeds_read(kind, codec, tmp_path) -> None:
    classifier = classifier_of(f"tiny/{kind}", codec)
    bundle = classifier.bundle
    states = [bundle.adapters["text_audio", seed].state for seed in bundle.config.seeds]
    (name,) = [name for name in states[0] if name.endswith("audio_rows.weight")]
    mean = np.mean([state[name].numpy() for state in states], axis=0)
    np.testing.assert_allclose(heard_rows(bundle), mean[-len(bundle.vocabulary) :], atol=1e-6)
    bundle.save_pretrained(tmp_path)
    made = write_embedding_map(classifier, tmp_path)
    assert made == embedding_map(classifier)  # the same each time
    assert (tmp_path / EMBEDDING_MAP).is_file()
    assert Bundle.from_pretrained(tmp_path).embedding_map == made
    assert {"happy", "news"} <= {each.word for each in made.words}
    assert len(made.tokens) == len(bundle.vocabulary)
    assert 0 < sum(made.explained) <= 1
