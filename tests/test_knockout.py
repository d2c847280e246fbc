"""Attention between words and voice is cut, and what the probabilities lose is told."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from audiotok.analysis.counterfactual import encodings_of
from audiotok.analysis.knockout import (
    LONG,
    PATHS,
    knockout,
    knockout_csv,
    knockout_record,
    knockout_sentence,
)
from audiotok.classifier import Classifier
from audiotok.errors import AudiotokError
from audiotok.plots.figure import render
from audiotok.plots.knockout import knockout_figure
from audiotok.sequence import Block
from tests.fake_classifier import N_LAYERS, FakeClassifier, make_prediction
from tests.sounds import spoken
from tests.talkative import classifier_of


@pytest.fixture(scope="module")
def encoder(codec) -> Classifier:
    return classifier_of("tiny/bert", codec)


@pytest.fixture(scope="module")
def decoder(codec) -> Classifier:
    return classifier_of("tiny/llama", codec)


def test_effects_are_what_the_classifier_says_with_attention_cut(encoder) -> None:
    prediction = encoder.predict((16_000, spoken(0.8)), "good news")
    found = knockout(encoder, prediction, all_seeds=True)
    assert found.paths == PATHS
    assert found.windows == ((1, 1), (2, 2), (1, 2))
    np.testing.assert_allclose(found.baseline, prediction.text_audio.mean, atol=1e-6)
    (encoding,) = encodings_of(encoder, prediction)
    sequence = encoding.sequence
    block = Block(sequence.text_positions, sequence.audio_positions, (2,))
    cut = replace(encoding, sequence=replace(sequence, blocks=(block,)))
    asked = encoder.probabilities([[cut]], ("text_audio",))["text_audio"][:, 0].mean(axis=0)
    np.testing.assert_allclose(found.effects[0, 1], found.baseline - asked, atol=1e-6)
    assert np.abs(found.effects).max(axis=(1, 2)).min() > 1e-6  # each path matters


def test_a_decoder_that_may_not_look_at_the_voice_does_not_hear_it(decoder) -> None:
    """What is left is the bag, which hears it as before."""
    prediction = decoder.predict((16_000, spoken(0.8)), "good news")
    found = knockout(decoder, prediction, all_seeds=True)
    assert "voice to words" not in found.paths  # words come first and see nothing later
    (encoding,) = encodings_of(decoder, prediction)
    tokens = list(encoding.sequence.tokens)
    spots = encoding.sequence.audio_positions
    for spot, mirrored in zip(spots, reversed(spots), strict=True):
        tokens[spot] = encoding.sequence.tokens[mirrored]
    block = Block((len(tokens) - 1,), spots, (1, 2))
    backwards = replace(encoding.sequence, tokens=tuple(tokens), blocks=(block,))
    asked = decoder.probabilities([[replace(encoding, sequence=backwards)]], ("text_audio",))
    place = found.paths.index("voice to what is read")
    without = found.baseline - found.effects[place, -1]
    np.testing.assert_allclose(asked["text_audio"][:, 0].mean(axis=0), without, atol=1e-6)
    assert np.abs(found.effects[place, -1]).max() > 1e-4


def test_windows_are_centred_and_end_with_the_layers() -> None:
    found = knockout(FakeClassifier(), make_prediction(), window=3)
    assert found.windows == ((1, 2), (1, 3), (2, 4), (3, 4), (1, N_LAYERS))


def test_windows_of_a_long_sequence_are_side_by_side() -> None:
    found = knockout(FakeClassifier(), make_prediction(text="so " * LONG))
    assert found.windows == ((1, 2), (3, 4), (1, N_LAYERS))
    chosen = knockout(FakeClassifier(), make_prediction(text="so " * LONG), window=1)
    assert chosen.windows == (*((n, n) for n in range(1, N_LAYERS + 1)), (1, N_LAYERS))


def test_it_is_told_exported_and_drawn() -> None:
    found = knockout(FakeClassifier(), make_prediction())
    effects = np.zeros_like(found.effects)
    effects[2, -1, 0], effects[0, -1, 0] = -0.3, 0.2
    found = replace(found, effects=effects, baseline=np.full(6, 0.5))
    sentence = knockout_sentence(found, "happiness")
    assert sentence == (
        "With attention cut from words to voice in all layers, happiness rises from 50% to 80%."
    )
    assert knockout_sentence(found, "fear").startswith("No path of attention")
    windows = knockout_record(found, sentence)["paths"][2]["windows"]
    assert windows[-1]["effect"]["happiness"] == -0.3
    assert (windows[-1]["first_layer"], windows[-1]["last_layer"]) == (1, N_LAYERS)
    rows = list(csv.DictReader(io.StringIO(knockout_csv(found))))
    assert (rows[-1]["path"], float(rows[-1]["effect_happiness"])) == ("words to voice", -0.3)
    drawn = render(knockout_figure(found, sentence, dark=True), "svg").decode()
    assert "−30" in drawn
    assert "voice to what is read" in drawn


def test_without_words_only_what_is_read_can_be_cut_off() -> None:
    found = knockout(FakeClassifier(), make_prediction(text=""))
    assert found.paths == ("voice to what is read",)


def test_what_cannot_be_cut_is_one_sentence() -> None:
    prediction = make_prediction()
    silent = replace(prediction, sequence=prediction.text_sequence, selected=())
    with pytest.raises(AudiotokError, match="no attention goes to the voice"):
        knockout(FakeClassifier(), silent)
    for window in (0, -1, N_LAYERS + 1):
        with pytest.raises(AudiotokError, match=f"A window has 1 to {N_LAYERS} layers"):
            knockout(FakeClassifier(), prediction, window)
