"""Takes: what stays of an analysis, what two of them differ in, and what is drawn."""

from __future__ import annotations

import csv
import io

import pytest
from matplotlib import pyplot
from pydantic import ValidationError

from audiotok.analysis.comparison import compare, of_one_sentence
from audiotok.analysis.takes import Take, take_of, takes_csv
from audiotok.errors import DataError
from audiotok.plots.figure import render
from audiotok.plots.takes import comparison_figure, multiples_figure
from tests.fake_classifier import EMOTIONS, TEXT_AUDIO, TEXT_ONLY, make_prediction

ODD = "<b>$\\frac$</b>"


def take(name: str = "Take 1", text: str = "Dinner is at seven.", **changed: object) -> Take:
    made = take_of(make_prediction(text=text))
    return made.model_copy(update={"name": name, **changed})


def sad(name: str = "Take 2", **changed: object) -> Take:
    probabilities = dict(zip(EMOTIONS, (0.1, 0.8, 0.14, 0.03, 0.02, 0.31), strict=True))
    given = {"text_audio": probabilities, "verdict_text_audio": "sadness", **changed}
    return take(name, **given)


def test_a_take_holds_sentence_verdicts_waveform_and_tokens():
    prediction = make_prediction()
    made = take_of(prediction)
    assert (made.text, made.task) == (prediction.text, "emotion")
    assert (made.verdict_text_only, made.verdict_text_audio) == ("neutral", "happiness")
    assert list(made.text_audio.values()) == pytest.approx(TEXT_AUDIO["emotion"])
    assert list(made.text_only.values()) == pytest.approx(TEXT_ONLY["emotion"])
    assert made.pitch_hz == pytest.approx(180, rel=0.01)
    assert made.duration_s == 2
    assert sum(made.tokens.values()) == prediction.n_used
    assert max(made.high) == pytest.approx(1)


def test_a_take_comes_back_as_it_went():
    made = take()
    assert Take.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "a" * 2_001},
        {"name": ""},
        {"duration_s": float("inf")},
        {"duration_s": "2"},
        {"text_audio": {"happiness": 1.5}},
        {"text_audio": {}},
        {"text_only": {"another": 0.5}},
        {"low": [0.0] * 63},
        {"low": [-2.0] * 64},
        {"tokens": {"happiness": -1}},
        {"path": "/etc/hostname"},
    ],
)
def test_a_take_that_cannot_be_is_refused(changed):
    with pytest.raises(ValidationError):
        Take.model_validate(take().model_dump() | changed)


def test_two_takes_are_compared_label_by_label_and_class_by_class():
    found = compare(take(), sad())
    changes = {pair.label: pair.change for pair in found.labels}
    assert list(changes) == list(EMOTIONS)
    assert changes["happiness"] == pytest.approx(-0.68)
    assert changes["sadness"] == pytest.approx(0.74)
    assert sum(pair.first for pair in found.tokens) == pytest.approx(1)
    assert found.sentence == (
        "The words are the same; the first take sounds happy, the second sad: "
        "sadness moves most, by +74 points."
    )


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        (take("b"), "The words are the same, and both takes sound much alike to the model."),
        (
            take("b", text="Hello there."),
            "The words differ, and both takes sound much alike to the model.",
        ),
        (
            sad("b", verdict_text_audio="happiness"),
            "The words are the same, and both takes sound happy; "
            "sadness moves most, by +74 points.",
        ),
    ],
)
def test_what_differs_is_one_sentence(second, sentence):
    assert compare(take(), second).sentence == sentence


def test_takes_of_different_tasks_are_not_compared():
    other = take_of(make_prediction(task="sentiment"))
    with pytest.raises(DataError, match="different labels"):
        compare(take(), other)


def test_takes_of_a_sentence_are_gathered_under_its_words():
    takes = [take("a"), take("b", text="Another."), sad("c", text=" dinner is  at SEVEN. ")]
    found = of_one_sentence(takes)
    assert [each.name for each in found.takes] == ["a", "c"]
    assert found.words == takes[0].text_only
    assert of_one_sentence([take(text="")]).words == {}
    with pytest.raises(DataError, match="no takes yet"):
        of_one_sentence([])


def test_a_table_has_a_row_a_take():
    other = take_of(make_prediction(task="sentiment", text="a, b"))
    rows = list(csv.DictReader(io.StringIO(takes_csv([take("mine"), other]))))
    assert [row["name"] for row in rows] == ["mine", "Take"]
    assert float(rows[0]["text_audio_happiness"]) == pytest.approx(0.78)
    assert (rows[0]["text_audio_positive"], rows[1]["text_audio_happiness"]) == ("", "")
    assert rows[1]["text"] == "a, b"


@pytest.mark.parametrize("dark", [False, True])
def test_figures_name_what_they_show_and_take_any_name(dark):
    pair = compare(take(ODD), sad(text=ODD))
    shown = render(comparison_figure(pair, dark), "svg").decode()
    many = render(multiples_figure(of_one_sentence([take(ODD), sad()] * 3), dark), "svg").decode()
    for words in ("sadness moves most", "+74", "share of the tokens"):
        assert words in shown
    for words in ("Dinner is at seven.", "the words alone", "Take 2: sad"):
        assert words in many
    for svg in (shown, many):
        assert "<b>" not in svg
        assert "\\frac" in svg
    assert not pyplot.get_fignums()
