"""Rounds as clients send them: good ones pass, all else is one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from audiotok.errors import ExperimentError
from audiotok.experiment.rounds import MAX_SENTENCE, checked_rounds, checked_sentence
from tests.experiment.made_up import MOODS, a_record

HOSTILE: dict[str, Any] = {
    "no list": {"id": 1},
    "nothing": [],
    "too many": [a_record() for _ in range(61)],
    "a number": [7],
    "deep": [[[[[]]]]],
    "another field": [a_record(name="Ann")],
    "sound in it": [a_record(clip="UklGRg==")],
    "no sentence": [a_record(sentence="  ")],
    "a long sentence": [a_record(sentence="x" * 2_000)],
    "a sentence that turns text around": [a_record(sentence="abc\u202edef")],
    "a null character": [a_record(sentence="a\0b")],
    "half a character": [a_record(sentence="a\ud800b")],
    "another mood": [a_record(meant="envy")],
    "markup as mood": [a_record(voice="<b>fear</b>")],
    "a mood of another kind": [a_record(words=["fear"])],
    "no id": [{key: value for key, value in a_record().items() if key != "id"}],
    "an id that is none": [a_record(id="../../etc")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_round_is_one_sentence(name: str):
    with pytest.raises(ExperimentError) as refused:
        checked_rounds(HOSTILE[name], MOODS)
    said = str(refused.value)
    assert "\n" not in said
    assert len(said) < 200
    assert "<b>" not in said


def test_a_round_passes_and_counts_once():
    record = a_record(sentence=" Dinner   is at\nseven. ")
    (kept,) = checked_rounds([record, record], MOODS)
    assert kept.sentence == "Dinner is at seven."
    assert kept.guessed is None


def test_markup_in_a_sentence_is_just_text():
    (kept,) = checked_rounds([a_record(sentence="<script>alert(1)</script>")], MOODS)
    assert kept.sentence == "<script>alert(1)</script>"


@pytest.mark.parametrize("given", [None, 7, "", " ", "x" * (MAX_SENTENCE + 1), ["x"], "\x1b[2J"])
def test_what_cannot_be_said_is_refused(given: Any):
    with pytest.raises(ExperimentError):
        checked_sentence(given)


def test_the_longest_sentence_is_fine():
    assert len(checked_sentence("x" * MAX_SENTENCE)) == MAX_SENTENCE
