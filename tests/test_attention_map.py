"""Whole attention matrices: chosen, cut to size, exported and drawn."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from audiotok.analysis.attention_map import (
    Part,
    attention_map,
    attention_map_record,
    attention_npz,
    for_bertviz,
    thumbnails,
    thumbnails_record,
)
from audiotok.errors import AudiotokError
from audiotok.plots.attention_map import attention_map_figure, model_view_figure
from audiotok.plots.figure import render
from audiotok.prediction import Prediction
from tests.fake_classifier import N_HEADS, N_LAYERS, make_attentions, make_prediction


@pytest.fixture
def prediction() -> Prediction:
    made = make_prediction(text="Dinner is at seven.", duration_s=0.5)
    return replace(made, attentions=make_attentions(made.sequence))


def test_a_matrix_is_that_of_the_layer_and_head_or_the_mean(prediction) -> None:
    weights = prediction.attentions.weights
    np.testing.assert_array_equal(attention_map(prediction, 2, 3).weights, weights[1, 2])
    np.testing.assert_allclose(
        attention_map(prediction, layer=2).weights, weights[1].mean(axis=0), rtol=1e-5
    )
    np.testing.assert_allclose(
        attention_map(prediction).weights, weights.mean(axis=(0, 1)), rtol=1e-5
    )


def test_words_and_voice_are_blocks_and_markers_may_go(prediction) -> None:
    n_words, n_voice = prediction.sequence.n_text_used, prediction.n_used
    found = attention_map(prediction, 1, 1)
    assert found.parts == (
        Part("markers", 0, 2),
        Part("words", 2, 2 + n_words),
        Part("markers", 2 + n_words, 4 + n_words),
        Part("voice", 4 + n_words, 4 + n_words + n_voice),
        Part("markers", 4 + n_words + n_voice, 6 + n_words + n_voice),
    )
    bare = attention_map(prediction, 1, 1, with_markers=False)
    assert [part.kind for part in bare.parts] == ["words", "voice"]
    kept = [*prediction.sequence.text_positions, *prediction.sequence.audio_positions]
    np.testing.assert_array_equal(bare.weights, found.weights[np.ix_(kept, kept)])
    assert [token.position for token in bare.tokens] == kept


def test_512_positions_stay_below_a_megabyte() -> None:
    made = make_prediction(text="word " * 106, duration_s=60)
    assert len(made.sequence.tokens) == 512
    made = replace(made, attentions=make_attentions(made.sequence))
    record = attention_map_record(attention_map(made), N_LAYERS, N_HEADS)
    assert record["weights"]["shape"] == [512, 512]
    assert len(record["weights"]["base64"]) < 1_000_000


def test_thumbnails_show_the_strongest_of_what_they_cover(prediction) -> None:
    n = len(prediction.sequence.tokens)
    weights = np.zeros_like(prediction.attentions.weights)
    weights[1, 2, n - 1, 0] = 0.5
    pictures = thumbnails(
        replace(prediction, attentions=replace(prediction.attentions, weights=weights))
    )
    assert pictures.shape[:2] == (N_LAYERS, N_HEADS)
    assert pictures.shape[2] == pictures.shape[3] <= 32
    assert pictures[1, 2, -1, 0] == 0.5
    assert pictures.sum() == 0.5
    record = thumbnails_record(pictures)
    assert record["largest"][1][2] == 0.5
    assert record["pictures"]["dtype"] == "u1"


def test_bertviz_gets_a_tensor_a_layer_and_a_name_a_position(prediction) -> None:
    attention, tokens = for_bertviz(prediction)
    n = len(prediction.sequence.tokens)
    assert [tuple(layer.shape) for layer in attention] == [(1, N_HEADS, n, n)] * N_LAYERS
    np.testing.assert_array_equal(attention[1][0].numpy(), prediction.attentions.weights[1])
    assert len(tokens) == n
    assert tokens[2] == "Dinner"
    first = prediction.sequence.tokens[prediction.sequence.audio_positions[0]]
    assert tokens[prediction.sequence.audio_positions[0]] == (
        f"{first.name} {first.occurrence.frame * 0.02:.2f} s"
    )


def test_the_npz_opens_without_pickles(prediction) -> None:
    with np.load(io.BytesIO(attention_npz(prediction)), allow_pickle=False) as file:
        np.testing.assert_allclose(file["weights"], prediction.attentions.weights, atol=1e-3)
        assert file["token"][2] == "Dinner"
        assert list(file["kind"]).count("audio") == prediction.n_used
        assert np.isfinite(file["start_s"]).sum() == prediction.n_used
        assert tuple(file["read_positions"]) == prediction.attentions.read_positions


def test_figures_name_tokens_where_they_fit_and_blocks_elsewhere(prediction) -> None:
    few = attention_map(prediction, 2, with_markers=False)
    drawn = render(attention_map_figure(few), "svg").decode()
    assert "layer 2, all heads" in drawn
    assert "Dinner" in drawn
    many = replace(few, tokens=few.tokens * 9, weights=np.tile(few.weights, (9, 9)))
    drawn = render(attention_map_figure(many, logarithmic=True, dark=True), "svg").decode()
    assert "Dinner" not in drawn
    assert ">voice<" in drawn
    drawn = render(model_view_figure(thumbnails(prediction)), "svg").decode()
    assert f"head {N_HEADS}" in drawn


def test_what_is_not_there_is_one_sentence(prediction) -> None:
    with pytest.raises(AudiotokError, match=f"layers 1 to {N_LAYERS}, so not 0"):
        attention_map(prediction, layer=0)
    with pytest.raises(AudiotokError, match=f"heads 1 to {N_HEADS}, so not 99"):
        attention_map(prediction, head=99)
    with pytest.raises(AudiotokError, match="ask for them"):
        thumbnails(replace(prediction, attentions=None))
    silent = replace(prediction, sequence=replace(prediction.sequence, tokens=()))
    with pytest.raises(AudiotokError, match="only markers"):
        attention_map(silent, with_markers=False)
