"""Sentences, tables, attention and records that are made of a prediction."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from audiotok.analysis.attention import (
    attention_rows,
    attention_shares,
    chosen_weights,
    stacked_voice,
    strongest,
)
from audiotok.analysis.export import (
    as_json,
    attention_record,
    full_verdict_record,
    tokens_csv,
    tokens_record,
    verdict_csv,
    verdict_record,
)
from audiotok.analysis.verdict import label_rows, usage_sentence, verdict_sentence
from audiotok.calibration import DecisionRule
from audiotok.errors import AudiotokError
from audiotok.plots.attention import attention_figure
from audiotok.plots.figure import render
from audiotok.plots.palette import LABELS, colours_of
from audiotok.plots.verdict import verdict_figure
from audiotok.prediction import Attentions, Prediction
from tests.fake_classifier import (
    N_HEADS,
    N_LAYERS,
    RULES,
    make_attentions,
    make_prediction,
    make_scores,
)


def judged(text_only: tuple[float, float], text_audio: tuple[float, float]) -> Prediction:
    rule = RULES["sentiment"]
    return replace(
        make_prediction("sentiment"),
        text_only=make_scores(rule, text_only),
        text_audio=make_scores(rule, text_audio),
    )


def attended(text: str = "Dinner is at seven.") -> Prediction:
    prediction = make_prediction(text=text)
    return replace(prediction, attentions=make_attentions(prediction.sequence))


@pytest.mark.parametrize(
    ("text_only", "text_audio", "sentence"),
    [
        ((0.5, 0.5), (0.1, 0.9), "The words alone read neutral; the voice makes it positive."),
        ((0.9, 0.1), (0.5, 0.5), "The words alone read negative; the voice makes it neutral."),
        ((0.9, 0.1), (0.88, 0.12), "The words alone read negative, and the voice agrees."),
        ((0.7, 0.3), (0.9, 0.1), "The words alone read negative, and the voice makes that surer."),
        (
            (0.95, 0.05),
            (0.7, 0.3),
            "The words alone read negative, and the voice makes that less sure.",
        ),
        ((0.5, 0.5), (0.52, 0.48), "The words alone read neutral, and the voice agrees."),
        (
            (0.45, 0.55),
            (0.58, 0.42),
            "The words alone read neutral, and the voice leans towards negative.",
        ),
    ],
)
def test_the_sentence_says_what_the_voice_changes(text_only, text_audio, sentence):
    assert verdict_sentence(judged(text_only, text_audio)) == sentence


def test_emotions_are_said_as_adjectives():
    sentence = verdict_sentence(make_prediction("emotion"))
    assert sentence == "The words alone read neutral; the voice makes it happy."


def test_without_words_the_sentence_speaks_of_the_voice_alone():
    assert (
        verdict_sentence(make_prediction("emotion", text="  ")) == "The voice alone sounds happy."
    )


def test_every_label_has_its_change_and_threshold():
    rows = {row.label: row for row in label_rows(make_prediction("emotion"))}
    assert list(rows) == list(RULES["emotion"].labels)
    assert rows["happiness"].change == pytest.approx(0.78 - 0.12)
    assert rows["sadness"].change == pytest.approx(0.06 - 0.21)
    assert rows["happiness"].text_audio_threshold == 0.4
    prediction = make_prediction("sentiment")
    assert {row.text_only_threshold for row in label_rows(prediction)} == {0.6}
    always = DecisionRule(prediction.labels)  # one of the labels always holds
    prediction = replace(prediction, text_only=replace(prediction.text_only, rule=always))
    assert {row.text_only_threshold for row in label_rows(prediction)} == {None}


def test_usage_tells_how_many_tokens_were_thinned_away():
    prediction = make_prediction(duration_s=20.0)
    assert prediction.n_used == 400 < prediction.n_selected
    sentence = usage_sentence(prediction)
    assert "8,000 tokens in 20.0 s" in sentence
    assert f"400 of {prediction.n_selected} selected ones" in sentence
    assert "counted" not in sentence
    assert "Of all layers 8,000 were counted" in usage_sentence(
        replace(prediction, n_counted=8_000)
    )


def test_attention_is_that_of_the_position_that_the_head_reads():
    prediction = attended()
    attention = attention_rows(prediction)
    weights = prediction.attentions.weights
    np.testing.assert_allclose(chosen_weights(attention, 2, 3), weights[1, 2, 0])
    np.testing.assert_allclose(
        chosen_weights(attention), weights[:, :, 0].mean(axis=(0, 1)), rtol=1e-5
    )


def test_a_head_that_reads_the_mean_attends_as_its_positions_do_on_average():
    prediction = attended()
    weights = prediction.attentions.weights
    every = Attentions(weights, tuple(range(weights.shape[-1])))
    attention = attention_rows(replace(prediction, attentions=every))
    np.testing.assert_allclose(chosen_weights(attention, 2, 3), weights[1, 2].mean(0), rtol=1e-5)


def test_shares_add_up_and_match_the_kinds_of_tokens():
    attention = attention_rows(attended())
    shares = attention_shares(attention)
    np.testing.assert_allclose(shares.audio + shares.text + shares.rest, np.ones(N_LAYERS), 1e-5)
    kinds = [token.kind for token in attention.tokens]
    assert shares.even == pytest.approx(kinds.count("audio") / len(kinds))
    only_audio = replace(
        attention, rows=np.tile(attention.is_audio / attention.is_audio.sum(), (2, 3, 1))
    )
    np.testing.assert_allclose(attention_shares(only_audio).audio, [1, 1])


def test_words_are_shown_as_they_were_written():
    attention = attention_rows(attended("SEVEN, please"))
    words = [(token.name, token.glued) for token in attention.tokens if token.kind == "text"]
    assert words == [("SEVEN", False), (",", True), ("please", False)]


def test_audio_tokens_keep_their_time_and_class():
    prediction = attended()
    attention = attention_rows(prediction)
    stack = stacked_voice(attention, chosen_weights(attention))
    assert len(stack) == prediction.n_used
    token, _, below = stack[0]
    occurrence = prediction.selected[0]
    assert token.name == f"<L{occurrence.layer}:{occurrence.code}>"
    assert token.start_s == pytest.approx(occurrence.frame * 0.02)
    assert token.speaks_for == prediction.vocabulary.spoken_for[occurrence.index]
    assert below == 0
    same_frame = [weight for other, weight, _ in stack if other.start_s == stack[-1][0].start_s]
    assert stack[-1][2] + stack[-1][1] == pytest.approx(sum(same_frame))


def test_strongest_gives_the_largest_first():
    assert strongest(np.array([0.1, 0.5, 0.2, 0.5], dtype=np.float32), 3) == [1, 3, 2]


@pytest.mark.parametrize(("layer", "head"), [(0, 1), (N_LAYERS + 1, 1), (1, N_HEADS + 1)])
def test_a_layer_or_head_that_is_not_there_is_refused(layer, head):
    with pytest.raises(AudiotokError, match="1 to"):
        chosen_weights(attention_rows(attended()), layer, head)


def test_a_prediction_without_attentions_is_refused():
    with pytest.raises(AudiotokError, match="without attentions"):
        attention_rows(make_prediction())


def test_the_verdict_record_has_the_documented_keys():
    prediction = make_prediction("sentiment", duration_s=2.0)
    record = json.loads(as_json(verdict_record(prediction)))
    assert record["text_audio"] == pytest.approx({"negative": 0.14, "positive": 0.86})
    assert record["n_frames"] == 100
    assert record["n_tokens"] == 800
    assert record["n_selected"] == record["n_used"] == len(prediction.selected)
    full = json.loads(as_json(full_verdict_record(prediction)))
    assert full.items() >= record.items()
    assert full["verdict_text_audio"] == "positive"
    assert full["text_audio_spread"]["positive"] > 0


def test_records_keep_other_scripts_readable():
    record = full_verdict_record(make_prediction(text="مرحبا 😀 ¿qué?"))
    assert "مرحبا 😀 ¿qué?" in as_json(record)


def test_the_verdict_table_has_a_row_a_label():
    rows = list(csv.DictReader(io.StringIO(verdict_csv(make_prediction()))))
    assert [row["label"] for row in rows] == list(RULES["emotion"].labels)
    assert float(rows[0]["change"]) == pytest.approx(0.66)


def test_the_tokens_table_and_record_agree():
    prediction = make_prediction(duration_s=20.0)
    rows = list(csv.DictReader(io.StringIO(tokens_csv(prediction))))
    record = tokens_record(prediction)
    assert len(rows) == len(record["selected"]) == prediction.n_selected
    assert sum(int(row["used"]) for row in rows) == prediction.n_used
    for row, token in zip(rows[:20], record["selected"], strict=False):
        assert (int(row["frame"]), int(row["layer"])) == (token["frame"], token["layer"])
        assert record["codes"][token["layer"] - 1][token["frame"]] == token["code"]
        assert float(row["weight_anger"]) == token["weights"]["anger"]


def test_the_attention_record_is_small_and_whole():
    prediction = attended()
    record = attention_record(attention_rows(prediction), layer=1, head=2)
    assert (record["layer"], record["head"]) == (1, 2)
    assert len(record["tokens"]) == len(prediction.sequence.tokens)
    assert sum(token["weight"] for token in record["tokens"]) == pytest.approx(1, abs=1e-3)
    assert len(record["audio_share"]) == N_LAYERS


@pytest.mark.parametrize("dark", [False, True])
def test_figures_render_and_carry_their_text(dark):
    prediction = attended("Dinner <b>$5$</b> at seven.")
    verdict = verdict_figure(label_rows(prediction), verdict_sentence(prediction), dark=dark)
    svg = render(verdict, "svg").decode()
    assert "the voice makes it happy" in svg
    assert colours_of(["happiness"], dark)["happiness"].lower() in svg.lower()
    figure = attention_figure(attention_rows(prediction), layer=2, dark=dark)
    svg = render(figure, "svg").decode()
    assert "layer 2, all heads" in svg
    assert ">$<" in svg
    assert render(figure, "png").startswith(b"\x89PNG")


def test_a_figure_without_words_has_no_bars_for_them():
    rows = label_rows(make_prediction(text=""))
    with_words = render(verdict_figure(rows, "title"), "svg").decode()
    without = render(verdict_figure(rows, "title", with_words=False), "svg").decode()
    assert "words alone" in with_words
    assert "words alone" not in without


def test_labels_of_other_tasks_get_colours_that_do_not_depend_on_order():
    assert colours_of(["b", "a", "neutral"]) == {
        "a": colours_of(["a", "b"])["a"],
        "b": colours_of(["a", "b"])["b"],
        "neutral": LABELS["neutral"].light,
    }
    assert len(set(colours_of(["a", "b", "c", "d"]).values())) == 4
