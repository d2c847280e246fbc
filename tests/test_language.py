"""The catalogue is complete, and each piece of work speaks its own language."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest

from audiotok.analysis.export import full_verdict_record
from audiotok.analysis.verdict import verdict_sentence
from audiotok.language import (
    ENGLISH,
    LANGUAGES,
    catalogue,
    language,
    number,
    preferred,
    say,
    speak,
    speaking,
)
from audiotok.spanish import looks_spanish
from audiotok.ui.worker import Worker
from tests.fake_classifier import make_prediction
from tests.messages import placeholders, said

OTHERS = [code for code in LANGUAGES if code != ENGLISH]
TEXT = "The recording is empty."


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return said()


def test_texts_are_found_in_code_templates_scripts_and_data(texts: dict[str, str]):
    suffixes = {place.partition(":")[0].rpartition(".")[2] for place in texts.values()}
    assert suffixes == {"py", "html", "js", "json"}
    assert len(texts) > 500


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_has_a_translation(code: str, texts: dict[str, str]):
    missing = {text: place for text, place in texts.items() if text not in catalogue(code)}
    assert missing == {}


@pytest.mark.parametrize("code", OTHERS)
def test_every_translation_is_of_a_text_that_is_said(code: str, texts: dict[str, str]):
    assert set(catalogue(code)) - set(texts) == set()


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize(
    "parts_of",
    [placeholders, lambda text: set(re.findall(r"</?[a-z]+", text))],
    ids=["placeholders", "markup"],
)
def test_a_translation_has_what_its_text_has(code: str, parts_of: Callable[[str], set[str]]):
    differing = [text for text, told in catalogue(code).items() if parts_of(text) != parts_of(told)]
    assert differing == []


@pytest.mark.parametrize(
    ("value", "spec", "english", "spanish"),
    [
        (2.5, ".1f", "2.5", "2,5"),
        (0.123, ".1%", "12.3%", "12,3\u00a0%"),
        (1234, ",", "1,234", "1234"),
        (-1234.5, ",.1f", "-1,234.5", "-1234,5"),
        (12345, ",", "12,345", "12\u202f345"),
        (1234567, ",", "1,234,567", "1\u202f234\u202f567"),
        (0.5, "+.2f", "+0.50", "+0,50"),
        (60.0, "g", "60", "60"),
    ],
)
def test_numbers_look_as_the_language_writes_them(
    value: float, spec: str, english: str, spanish: str
):
    assert number(value, spec) == english
    with speaking("es"):
        assert number(value, spec) == spanish


def test_numbers_in_a_text_too_but_not_other_values():
    with speaking("es"):
        told = say(
            "The recording lasts {seconds:.2f} s; at least {least:g} s are needed.",
            seconds=0.1,
            least=0.2,
        )
        assert told == "La grabación dura 0,10 s; hacen falta al menos 0,2 s."
        assert say("The reference clip: {error}", error="a,b.c {d}").endswith("a,b.c {d}")


def test_what_has_no_translation_stays_english():
    with speaking("es"):
        assert say("No catalogue has this.") == "No catalogue has this."
    with speaking("tlh"):
        assert language() == ENGLISH


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (["es"], "es"),
        (["", "es-MX", "en"], "es"),
        (["de", "EN-gb", "es"], "en"),
        (["xx"], "en"),
        ([], "en"),
        ([" es "], "es"),
    ],
)
def test_the_first_language_that_there_is_is_taken(wanted: list[str], code: str):
    assert preferred(wanted) == code


def test_two_at_once_each_read_their_own_language():
    """Both speak before either says anything; the models' one thread works for both."""
    worker, ready, told = Worker(), threading.Barrier(2), {}

    def visit(code: str) -> None:
        speak(code)
        ready.wait(timeout=10)
        told[code] = say(TEXT), worker.do(lambda: say(TEXT)), language()

    visits = [threading.Thread(target=visit, args=(code,)) for code in ("en", "es")]
    for each in visits:
        each.start()
    for each in visits:
        each.join()
    spanish = catalogue("es")[TEXT]
    assert told == {"en": (TEXT, TEXT, "en"), "es": (spanish, spanish, "es")}
    assert language() == ENGLISH


def test_records_keep_english_keys_labels_and_points():
    prediction = make_prediction()
    english = full_verdict_record(prediction)
    with speaking("es"):
        assert verdict_sentence(prediction) == (
            "La frase escrita parece neutral; con la voz suena alegre."
        )
        spanish = full_verdict_record(prediction)
    words = ("sentence", "usage", "relative_to")
    assert spanish.keys() == english.keys()
    assert [k for k in english if english[k] != spanish[k] and k not in words] == []


@pytest.mark.parametrize(
    ("text", "is_spanish"),
    [
        ("La cena es a las siete.", True),
        ("Son las once.", True),
        ("¿Vienes?", True),
        ("Estoy contento", True),
        ("Dinner is at seven.", False),
        ("I met José at the café.", False),
        ("My son has no idea", False),
        ("No", False),
        ("", False),
        ("123 !?", False),
    ],
)
def test_spanish_is_told_from_english(text: str, is_spanish: bool):
    assert looks_spanish(text) == is_spanish
