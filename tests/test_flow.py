"""Attention rollout: where what the head reads comes from."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from audiotok.analysis.flow import flow, flow_csv, flow_record, flow_sentence
from audiotok.errors import AudiotokError
from audiotok.plots.figure import render
from audiotok.plots.flow import flow_figure
from audiotok.prediction import Attentions, Prediction
from tests.fake_classifier import make_attentions, make_prediction

WORDS, VOICE, MARKERS = range(3)


def attending(weights: np.ndarray, read: tuple[int, ...], text: str = "Dinner.") -> Prediction:
    prediction = make_prediction(text=text, duration_s=0.4)
    return replace(prediction, attentions=Attentions(weights.astype(np.float32), read))


def uniform(prediction: Prediction, n_layers: int) -> np.ndarray:
    n = len(prediction.sequence.tokens)
    return np.full((n_layers, 2, n, n), 1 / n)


def test_a_head_that_only_sees_itself_reads_only_its_own_kind() -> None:
    sequence = make_prediction(text="Dinner.", duration_s=0.4).sequence
    n = len(sequence.tokens)
    weights = np.tile(np.eye(n), (3, 2, 1, 1))
    found = flow(attending(weights, sequence.text_positions[:1]))
    np.testing.assert_allclose(found.origins, [[1, 0, 0]] * 4)
    np.testing.assert_allclose(found.carried[:, WORDS, WORDS], 1)


def test_half_of_each_layer_is_the_position_itself() -> None:
    """The head reads a marker, which attends only to the voice: ½ after one layer, ¾ after two."""
    sequence = make_prediction(text="Dinner.", duration_s=0.4).sequence
    n = len(sequence.tokens)
    weights = np.tile(np.eye(n), (2, 2, 1, 1))
    weights[:, :, 0] = 0.0
    weights[:, :, 0, sequence.audio_positions] = 1 / len(sequence.audio_positions)
    found = flow(attending(weights, (0,)))
    np.testing.assert_allclose(found.origins[:, VOICE], (0, 0.5, 0.75), atol=1e-6)
    np.testing.assert_allclose(found.origins[:, MARKERS], (1, 0.5, 0.25), atol=1e-6)
    # In the end the head reads the marker; the voice reached it in either layer.
    np.testing.assert_allclose(found.held[:, MARKERS], (0.25, 0.5, 1), atol=1e-6)
    np.testing.assert_allclose(found.carried[1, VOICE], (0, 0, 0.5), atol=1e-6)
    np.testing.assert_allclose(found.carried[0, VOICE], (0, 0.5, 0.25), atol=1e-6)


def test_all_that_is_read_is_accounted_for_in_every_layer() -> None:
    prediction = make_prediction()
    found = flow(replace(prediction, attentions=make_attentions(prediction.sequence)))
    np.testing.assert_allclose(found.origins.sum(axis=1), 1)
    np.testing.assert_allclose(found.carried.sum(axis=(1, 2)), 1)
    np.testing.assert_allclose(found.carried[1:].sum(axis=2), found.carried[:-1].sum(axis=1))
    np.testing.assert_allclose(found.held[0], found.origins[-1])


def test_it_is_told_exported_and_drawn() -> None:
    prediction = make_prediction(text="Dinner.", duration_s=0.4)
    n = len(prediction.sequence.tokens)
    found = flow(attending(uniform(prediction, 2), tuple(range(n))))
    voice = prediction.n_used / n
    sentence = flow_sentence(found)
    assert f"{voice:.0%} comes from the voice" in sentence
    assert flow_record(found, sentence)["origins"][-1][VOICE] == pytest.approx(voice, abs=1e-5)
    rows = list(csv.DictReader(io.StringIO(flow_csv(found))))
    assert [row["layer"] for row in rows] == ["0", "1", "2"]
    assert float(rows[2]["origin_voice"]) == pytest.approx(voice, abs=1e-5)
    assert f"voice {voice:.0%}" in render(flow_figure(found, sentence, dark=True), "svg").decode()


def test_without_words_the_sentence_says_so() -> None:
    prediction = make_prediction(text="", duration_s=0.4)
    found = flow(attending(uniform(prediction, 1), (0,), text=""))
    assert found.origins[:, WORDS].max() == 0
    assert "there are no words" in flow_sentence(found, with_words=False)


def test_without_attentions_it_says_what_to_do() -> None:
    with pytest.raises(AudiotokError, match="ask for them"):
        flow(make_prediction())
