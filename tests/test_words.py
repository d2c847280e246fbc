"""Times of words, kept as far as an edited text still holds them."""

from __future__ import annotations

import pytest

from audiotok.words import Word, word_at, words_of

HEARD = (
    Word("I", 0.1, 0.3),
    Word("will", 0.3, 0.5),
    Word("be", 0.5, 0.7),
    Word("there", 0.7, 1.1),
    Word("in", 1.1, 1.2),
    Word("10", 1.2, 1.4),
    Word("minutes.", 1.4, 2.0),
)


def test_what_was_heard_keeps_its_times():
    text = " ".join(word.text for word in HEARD)
    assert words_of(text, HEARD) == HEARD


def test_case_and_punctuation_make_no_other_word():
    shouted = words_of("i WILL be there, in 10 minutes!", HEARD)
    assert [word.text for word in shouted] == ["i", "WILL", "be", "there,", "in", "10", "minutes!"]
    assert [word.start_s for word in shouted] == [word.start_s for word in HEARD]


def test_a_corrected_word_takes_the_time_of_the_one_in_its_place():
    found = words_of("I will be there in ten minutes.", HEARD)
    assert Word("ten", 1.2, 1.4) in found
    two = words_of("I will be there in twenty five minutes.", HEARD)
    assert [(w.text, w.start_s, w.end_s) for w in two[5:7]] == [
        ("twenty", 1.2, 1.32),
        ("five", 1.32, 1.4),
    ]


def test_added_words_have_no_time_and_deleted_ones_leave_a_gap():
    found = words_of("Well I will be there in minutes.", HEARD)
    assert [word.text for word in found] == ["I", "will", "be", "there", "in", "minutes."]
    assert found[-1] == HEARD[-1]


@pytest.mark.parametrize("text", ["", "  ", "Dinner is at seven.", "¿Qué hora es?", "a " * 900])
def test_another_text_has_no_times(text):
    assert words_of(text, HEARD) == ()
    assert words_of(text, ()) == ()


def test_the_word_at_a_time():
    assert word_at(HEARD, 0.3) == "will"
    assert word_at(HEARD, 0.0) == ""
    assert word_at(HEARD, 2.0) == ""
