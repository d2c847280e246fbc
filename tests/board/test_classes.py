"""The board's promises, to teachers, to students and against strangers."""

from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from audiotok.board import classes as registry
from audiotok.board.classes import (
    FORGOTTEN_AFTER_S,
    WRONG_CODES,
    WRONG_CODES_PER_S,
    Classes,
)
from audiotok.board.codes import ALPHABET, LENGTH, as_code, new_code, spelled
from audiotok.board.refusals import FullError, TooOftenError, UnknownClassError
from audiotok.board.throttle import MAX_KEYS, Throttle
from audiotok.errors import ExperimentError
from audiotok.experiment.texts import ENGLISH
from tests.experiment.made_up import MOODS, a_record


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def classes(clock: Clock) -> Classes:
    return Classes(clock)


def rounds_of(classes: Classes, secret: str) -> int:
    return len(classes.watch(secret)[1])


def test_rounds_of_a_code_come_to_the_teacher(classes: Classes):
    opened = classes.open(MOODS, "teacher")
    joined = classes.join(f" {spelled(opened.code).lower()} ", "student")
    assert classes.post(joined.ticket, [a_record(meant="fear"), a_record()]) == 2
    _, seen = classes.watch(opened.secret)
    assert [each.meant for each in seen] == ["fear", "anger"]


def test_a_round_sent_twice_counts_once(classes: Classes):
    opened, record = classes.open(MOODS, "teacher"), a_record()
    assert classes.post(opened.ticket, [record, record]) == 1
    assert classes.post(opened.ticket, [record]) == 0
    assert rounds_of(classes, opened.secret) == 1


def test_one_class_never_sees_anothers(classes: Classes):
    mine, theirs = classes.open(MOODS, "a"), classes.open(MOODS, "b")
    record = a_record()
    classes.post(mine.ticket, [record])
    assert rounds_of(classes, theirs.secret) == 0
    assert classes.post(theirs.ticket, [record]) == 1  # ids of others are not told either
    classes.end(theirs.secret)
    assert rounds_of(classes, mine.secret) == 1


@pytest.mark.parametrize("key", [None, "", 7, [], {}, "x" * 100_000, "../../etc", "\0"])
def test_no_odd_key_opens_anything(classes: Classes, key: Any):
    classes.open(MOODS, "teacher")
    for ask in (classes.watch, classes.end, lambda k: classes.post(k, [a_record()])):
        with pytest.raises(UnknownClassError):
            ask(key)
    with pytest.raises(UnknownClassError):
        classes.join(key, "student")


def test_no_key_does_what_another_is_for(classes: Classes):
    opened = classes.open(MOODS, "teacher")
    for key in (opened.code, opened.ticket):
        with pytest.raises(UnknownClassError):
            classes.watch(key)
        with pytest.raises(UnknownClassError):
            classes.end(key)
    for key in (opened.code, opened.secret):
        with pytest.raises(UnknownClassError):
            classes.post(key, [a_record()])


def test_an_ended_class_is_gone_for_everybody(classes: Classes):
    opened = classes.open(MOODS, "teacher")
    classes.post(opened.ticket, [a_record()])
    classes.end(opened.secret)
    assert opened.rounds == {}
    for ask in (
        lambda: classes.join(opened.code, "student"),
        lambda: classes.post(opened.ticket, [a_record()]),
        lambda: classes.watch(opened.secret),
        lambda: classes.end(opened.secret),
    ):
        with pytest.raises(UnknownClassError):
            ask()


def test_a_class_is_forgotten_after_twelve_hours(classes: Classes, clock: Clock):
    opened = classes.open(MOODS, "teacher")
    classes.post(opened.ticket, [a_record()])
    clock.now += FORGOTTEN_AFTER_S - 1
    assert rounds_of(classes, opened.secret) == 1
    assert classes.left_s(opened) == 1
    clock.now += 1
    with pytest.raises(UnknownClassError):
        classes.watch(opened.secret)
    assert opened.rounds == {}


def test_codes_cannot_be_found_by_trying(classes: Classes, clock: Clock):
    """A hundred tries a second for an hour; meanwhile right codes look wrong too."""
    opened, tries, wrong = classes.open(MOODS, "teacher"), 0, new_code()
    for _ in range(3_600):
        clock.now += 1
        for _ in range(100):
            try:
                classes.join(wrong, "stranger")
            except UnknownClassError:
                tries += 1
            except TooOftenError:
                break
    assert tries <= WRONG_CODES + 3_600 * WRONG_CODES_PER_S
    assert tries / len(ALPHABET) ** LENGTH < 1e-10
    with pytest.raises(TooOftenError):
        classes.join(opened.code, "stranger")
    assert classes.join(opened.code, "student") is opened
    clock.now += 3  # after which the page asks again
    assert classes.join(opened.code, "stranger") is opened


def test_a_school_behind_one_address_may_mistype(classes: Classes, clock: Clock):
    """Thirty who each send five wrong codes in the same second, and others who send none at all."""
    opened = classes.open(MOODS, "teacher")
    for number in range(150):
        with pytest.raises(UnknownClassError):
            classes.join(new_code() if number % 2 else f"{number}", "the school")
    assert classes.join(opened.code, "the school") is opened


def test_wrong_codes_from_elsewhere_hold_nobody_up(classes: Classes):
    opened = classes.open(MOODS, "teacher")
    for number in range(2_000):
        with pytest.raises(UnknownClassError):
            classes.join(new_code(), f"stranger {number}")
    assert classes.join(opened.code, "student") is opened


def test_even_as_fast_as_a_server_answers_no_code_is_found():
    """Any number of addresses, for as long as a class lasts, against as many as there may be."""
    tries = 5_000 * FORGOTTEN_AFTER_S
    assert registry.MAX_CLASSES * tries / len(ALPHABET) ** LENGTH < 1 / 90_000


def test_two_hundred_students_are_not_held_up(classes: Classes, clock: Clock):
    opened = classes.open(MOODS, "teacher")
    for _ in range(15):
        clock.now += 20
        for _ in range(200):
            assert classes.join(opened.code, "the school").ticket == opened.ticket
            classes.post(opened.ticket, [a_record()])
    assert rounds_of(classes, opened.secret) == 3_000
    with pytest.raises(FullError) as refused:
        classes.post(opened.ticket, [a_record()])
    assert str(refused.value) == ENGLISH["error_class_full"]


def test_a_flood_of_posts_is_refused_and_others_go_on(classes: Classes):
    mine, theirs = classes.open(MOODS, "a"), classes.open(MOODS, "b")
    record = a_record()
    with pytest.raises(TooOftenError):
        for _ in range(1_000):
            classes.post(mine.ticket, [record])
    assert classes.post(theirs.ticket, [record]) == 1


def test_classes_are_bounded(classes: Classes, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "MAX_CLASSES", 12)
    with pytest.raises(TooOftenError):
        for _ in range(11):
            classes.open(MOODS, "one")
    classes.open(MOODS, "two")
    first = classes.open(MOODS, "three")
    with pytest.raises(FullError):
        classes.open(MOODS, "four")
    classes.end(first.secret)
    classes.open(MOODS, "four")
    clock.now += FORGOTTEN_AFTER_S
    assert classes.open(MOODS, "five")


def test_different_sentences_are_bounded(classes: Classes):
    opened = classes.open(MOODS, "teacher")
    for start in range(0, 300, 60):
        many = [a_record(sentence=f"Sentence {number}.") for number in range(start, start + 60)]
        classes.post(opened.ticket, many)
    with pytest.raises(FullError):
        classes.post(opened.ticket, [a_record(sentence="One more.")])
    assert classes.post(opened.ticket, [a_record(sentence="Sentence 7.")]) == 1


def test_a_bad_round_takes_the_good_ones_of_its_post_with_it(classes: Classes):
    opened = classes.open(MOODS, "teacher")
    with pytest.raises(ExperimentError):
        classes.post(opened.ticket, [a_record(), a_record(meant="envy")])
    assert rounds_of(classes, opened.secret) == 0


def test_a_full_class_takes_little_memory(classes: Classes, clock: Clock):
    opened = classes.open(MOODS, "teacher")
    long = ["x" * 190 + str(number) for number in range(300)]
    tracemalloc.start()
    for number in range(0, 3_000, 60):
        clock.now += 2
        sentences = (long[(number + each) % 300] for each in range(60))
        classes.post(opened.ticket, [a_record(sentence=each) for each in sentences])
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rounds_of(classes, opened.secret) == 3_000
    assert used * registry.MAX_CLASSES < 150e6


def test_posts_at_the_same_moment_lose_nothing(classes: Classes):
    opened = classes.open(MOODS, "teacher")
    with ThreadPoolExecutor(16) as threads:
        kept = list(threads.map(lambda _: classes.post(opened.ticket, [a_record()]), range(300)))
    assert sum(kept) == rounds_of(classes, opened.secret) == 300


def test_codes_are_easy_to_read_and_never_the_same():
    codes = {new_code() for _ in range(2_000)}
    assert len(codes) == 2_000
    assert not set("01OIL") & set(ALPHABET)
    code = codes.pop()
    assert as_code(spelled(code).lower()) == code
    assert as_code(code + "2") == as_code("O" + code[1:]) == ""


def test_a_throttle_fills_up_again_and_remembers_few(clock: Clock):
    throttle = Throttle(2, 0.5, clock)
    assert [throttle.spend("a") for _ in range(3)] == [True, True, False]
    assert throttle.spend("b")
    clock.now += 2
    assert throttle.spend("a")
    assert not throttle.spend("a")
    for number in range(MAX_KEYS + 10):
        throttle.spend(str(number))
    assert len(throttle._left) == MAX_KEYS
