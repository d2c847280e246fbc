"""Bad input gets one sentence; good input gets a prediction."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import soundfile

from audiotok.errors import AudiotokError
from audiotok.ui import answers
from audiotok.ui.models import Models
from tests.fake_classifier import N_LAYERS, FakeClassifier


@pytest.fixture
def models() -> Models:
    models = Models({task: lambda task=task: FakeClassifier(task) for task in ("emotion",)})
    models.start()
    return models


def test_a_clip_and_its_words_are_judged(models, clip):
    prediction = answers.analyse(models, str(clip), "Dinner is at seven.", "emotion")
    assert prediction.verdict_text_audio == "happiness"
    assert answers.attend(models, prediction).n_layers == N_LAYERS


@pytest.mark.parametrize("text", ["", None, "😀", "¿Qué hora es?", "صباح الخير", "<b>x</b>"])
def test_any_text_is_taken(models, clip, text):
    assert answers.analyse(models, str(clip), text, "emotion").text == (text or "")


def test_a_reference_makes_the_verdict_relative(models, clip):
    prediction = answers.analyse(models, str(clip), "Hello", "emotion", str(clip))
    assert (prediction.n_references, prediction.verdict_text_audio) == (1, "sadness")
    assert answers.analyse(models, str(clip), "Hello", "emotion", "").n_references == 0


def test_a_reference_that_has_gone_is_named(models, clip, tmp_path):
    with pytest.raises(AudiotokError, match=r"^The reference clip: it has been deleted"):
        answers.analyse(models, str(clip), "Hello", "emotion", str(tmp_path / "gone.wav"))


def test_no_recording_is_said(models):
    with pytest.raises(AudiotokError, match="no recording yet"):
        answers.analyse(models, None, "Hello", "emotion")


def test_a_long_text_is_refused_with_its_length(models, clip):
    with pytest.raises(AudiotokError, match=r"10,000 characters; at most 2,000"):
        answers.analyse(models, str(clip), "a" * 10_000, "emotion")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "empty"), (b"hello, this is no sound at all", "cannot be read as audio")],
)
def test_files_without_sound_are_refused(models, tmp_path, content, sentence):
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    with pytest.raises(AudiotokError, match=sentence):
        answers.analyse(models, str(path), "", "emotion")


@pytest.mark.parametrize(
    ("seconds", "peak", "sentence"),
    [(0.05, 0.5, "at least 0.2 s"), (61, 0.5, "at most 60 s"), (1, 0.0, "silent")],
)
def test_sound_that_cannot_be_judged_is_refused(models, tmp_path, seconds, peak, sentence):
    path = tmp_path / "clip.wav"
    noise = np.random.default_rng(0).uniform(-peak, peak, int(seconds * 8000))
    soundfile.write(path, noise, 8000)
    with pytest.raises(AudiotokError, match=sentence):
        answers.analyse(models, str(path), "", "emotion")


def test_the_unexpected_becomes_a_kind_sentence_and_a_log(caplog):
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(AudiotokError, match="on our side"),
        answers.as_sentence(),
    ):
        raise RuntimeError("tensor of shape (3, 4)")
    assert "tensor of shape (3, 4)" in caplog.text
