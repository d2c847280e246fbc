"""A shown probability is taken apart into parts that add up to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from audiotok.analysis.contributions import (
    contributions,
    contributions_record,
    contributions_sentence,
    told_label,
)
from audiotok.bundle import Bundle
from audiotok.calibration import Calibration
from audiotok.classifier import Classifier
from audiotok.errors import AudiotokError
from audiotok.plots.contributions import contributions_figure
from audiotok.plots.figure import render
from audiotok.prediction import Prediction
from tests.fake_classifier import make_prediction
from tests.sounds import spoken

TOLD = Calibration(scale=0.5, shift=-1.0, words=0.75, bag_of_tokens=1.5)


def predict(bundle: Bundle, codec, text: str = "good news", **changes: object) -> Prediction:
    config = bundle.config.model_copy(update={"calibration": {"text_audio": TOLD}} | changes)
    return Classifier.load(replace(bundle, config=config), codec).predict(
        (16_000, spoken(0.8)), text
    )


@pytest.mark.parametrize("multi_label", [True, False])
@pytest.mark.parametrize("text", ["good news", ""])
def test_parts_add_up_to_the_shown_probability(bundle, codec, multi_label, text) -> None:
    prediction = predict(bundle, codec, text, multi_label=multi_label)
    found = contributions(prediction)
    assert ("rivals" in found.parts) != multi_label
    np.testing.assert_allclose(expit(found.log_odds), prediction.text_audio.mean, rtol=0, atol=1e-6)


def test_a_constant_says_nothing_where_labels_exclude_each_other(bundle, codec) -> None:
    found = contributions(predict(bundle, codec, multi_label=False))
    assert found.parts["constants"] == pytest.approx(np.zeros(3), abs=1e-12)
    assert (found.parts["rivals"] < 0).all()  # more rivals than one are harder to beat


def test_the_bag_and_the_verdict_of_the_words_count_by_their_weights(bundle, codec) -> None:
    prediction = predict(bundle, codec)
    found = contributions(prediction)
    said = prediction.text_only.rule.said(prediction.text_only.per_seed)
    np.testing.assert_allclose(found.parts["verdict_of_words"], 0.75 * said.mean(axis=0))
    bag = expit(bundle.bag_of_tokens.logits(prediction.codes))
    np.testing.assert_allclose(found.parts["bag_of_tokens"], 1.5 * bag)
    np.testing.assert_allclose(found.parts["constants"], -1.0)


def test_without_a_bag_there_is_no_part_for_it(bundle, codec) -> None:
    silent = TOLD.model_copy(update={"bag_of_tokens": 0.0})
    found = contributions(
        predict(replace(bundle, bag_of_tokens=None), codec, calibration={"text_audio": silent})
    )
    assert "bag_of_tokens" not in found.parts


def test_the_sentence_names_what_is_largest() -> None:
    prediction = make_prediction()
    found = contributions(prediction)
    parts = found.of("happiness")
    sentence = contributions_sentence(found, told_label(prediction))
    assert sentence == (
        f"Most for happiness (78%): how often each token of the voice sounds "
        f"(+{parts['bag_of_tokens']:.1f}); most against it: the words, read alone "
        f"(−{-parts['words']:.1f})."
    )


def test_without_words_the_sentence_is_silent_about_them() -> None:
    found = contributions(make_prediction(text=""))
    assert "words, read alone" not in contributions_sentence(found, "anger", with_words=False)


def test_the_record_holds_what_the_figure_draws() -> None:
    found = contributions(make_prediction("sentiment"))
    record = contributions_record(found, "Why.")
    row = record["labels"][1]
    assert row["label"] == "positive"
    assert expit(sum(row["parts"].values())) == pytest.approx(row["probability"], abs=1e-6)
    drawn = render(contributions_figure(found, "positive", "Why $x_1$.", dark=True), "svg").decode()
    assert "Why $x_1$." in drawn
    assert "positive: 86%" in drawn
    assert f"{row['parts']['voice']:+.2f}".replace("-", "−") in drawn


def test_what_cannot_be_said_is_one_sentence() -> None:
    with pytest.raises(AudiotokError, match="predict again"):
        contributions(replace(make_prediction(), summands=None))
    with pytest.raises(AudiotokError, match="no label 'joy'; there is happiness, "):
        contributions(make_prediction()).of("joy")
