"""Words alone, read without any clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import audiotok
from audiotok.bundle import Bundle
from audiotok.classifier import Classifier
from audiotok.experiment.hearing import neutral_sentences
from audiotok.experiment.texts import SENTENCES


def test_words_alone_are_read_as_beside_a_clip(bundle: Bundle, clip: Path):
    classifier = Classifier.load(bundle)
    read, heard = classifier.read(" good news "), classifier.predict(clip, "good news").text_only
    np.testing.assert_allclose(read.per_seed, heard.per_seed, atol=1e-9)
    assert read.rule == heard.rule


def test_the_shipped_model_finds_every_offered_sentence_neutral():
    model = audiotok.load("emotion")
    for offered in SENTENCES.values():
        assert neutral_sentences(offered, model) == offered
