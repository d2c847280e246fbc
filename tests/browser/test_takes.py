"""Takes in a browser: compared, named, deleted, taken along, and gone with their tab."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.page_driver import pick_example, take, visitor, write
from tests.page_server import Server, fake_page_at, free_port

pytestmark = pytest.mark.browser
HOSTILE = "<b>bold</b> <img src=x onerror=alert(1)> ${1+1} 😀"


@pytest.fixture
def page(chromium: Browser, page_server: Server) -> Iterator[Page]:
    with visitor(chromium, page_server.address) as page:
        yield page


def cards(page: Page) -> Locator:
    return page.locator("#at-takes .card")


def make_takes(page: Page, *examples: int) -> None:
    """Pick examples one after the other; the newest take stands first."""
    for number, example in enumerate(examples, start=1):
        pick_example(page, example)
        expect(cards(page)).to_have_count(number)


def choose(page: Page, *places: int) -> None:
    for place in places:
        cards(page).nth(place).locator(".chosen").click()


def rename(page: Page, place: int, name: str) -> None:
    field = cards(page).nth(place).locator(".name")
    field.fill(name)
    field.press("Enter")


def test_there_are_none_before_anything_is_analysed(page: Page):
    expect(page.locator("#at-takes .takes")).to_be_hidden()
    expect(page.locator("#at-takes-csv")).to_be_hidden()


def test_a_take_shows_sentence_waveform_verdicts_and_time(page: Page):
    make_takes(page, 1)
    (card,) = cards(page).all()
    expect(card).to_contain_text("It's eleven o'clock.")
    expect(card.locator(".words")).to_have_text("neutral")
    expect(card.locator(".voice")).to_have_text("happy")
    expect(card.locator(".name")).to_have_value("Take 1")
    expect(card.locator("time")).to_have_text(re.compile(r"\d+:\d\d"))
    assert len(card.locator(".wave path").get_attribute("d") or "") > 500


def test_all_takes_of_a_sentence_are_small_multiples_under_its_words(page: Page):
    make_takes(page, 1, 6, 2)
    panels = page.locator("#at-compared figure")
    expect(panels).to_have_count(2)  # the second one says something else
    expect(panels.first).to_contain_text("Take 1: happy")
    lines = [
        panels.nth(i).locator(".at-column u").evaluate_all("us => us.map((u) => u.style.bottom)")
        for i in (0, 1)
    ]
    assert lines[0] == lines[1] == ["12%", "21%", "8%", "5%", "4%", "16%"]
    choose(page, 1)
    expect(panels).to_have_count(1)


def test_two_are_seen_side_by_side(page: Page):
    make_takes(page, 1, 6, 2)
    choose(page, 0, 2)
    compared = page.locator("#at-compared .at-compared")
    expect(compared.locator("h2")).to_contain_text("The words are the same")
    expect(compared.locator(".at-side h3")).to_have_text(["Take 1", "Take 3"])
    expect(compared.locator("table").first.locator("tr")).to_have_count(6)
    expect(compared.locator("table").last.locator("tr")).to_have_count(7)
    choose(page, 1)  # the first one chosen makes room
    expect(compared.locator(".at-side h3")).to_have_text(["Take 1", "Take 2"])
    expect(compared.locator("h2")).to_contain_text("The words differ")


def test_takes_are_renamed_and_deleted(page: Page):
    make_takes(page, 1, 2)
    rename(page, 1, HOSTILE)
    choose(page, 0, 1)
    expect(page.locator("#at-compared .at-side h3").first).to_have_text(HOSTILE)
    assert page.locator("#at-compared img, #at-takes img").count() == 0
    rename(page, 0, "  ")
    expect(cards(page).first.locator(".name")).to_have_value("Take 2")  # a take has a name
    cards(page).nth(1).locator(".delete").click()
    expect(cards(page)).to_have_count(1)
    expect(page.locator("#at-compared figure")).to_have_count(1)
    cards(page).first.locator(".delete").click()
    expect(page.locator("#at-takes .takes")).to_be_hidden()
    expect(page.locator("#at-compared .at-compared")).to_have_count(0)


def test_words_and_voices_of_two_are_swapped(page: Page):
    make_takes(page, 1, 6)
    expect(page.locator("#at-swap-go")).to_be_hidden()
    choose(page, 0, 1)
    page.locator("#at-swap-go").click()
    square = page.locator("#at-swap .at-square")
    expect(square.locator("tbody td")).to_have_count(4)
    expect(square.locator("q")).to_have_text(
        ["It's eleven o'clock.", "I think I have a doctor's appointment."]
    )
    record = json.loads(take(page, "swap", "json").path().read_text(encoding="utf-8"))
    pairs = [each["words"] + each["voice"] for each in record["predictions"]]
    assert pairs == ["AA", "AB", "BA", "BB"]
    shown = square.locator("tbody td").first.locator(".at-number").first
    expect(shown).to_have_text(f"{record['predictions'][0]['probabilities']['happiness']:.0%}")
    choose(page, 0)
    expect(page.locator("#at-swap-go")).to_be_hidden()


def test_they_are_taken_along(page: Page):
    make_takes(page, 1, 6)
    rename(page, 0, "grumpy, tired")
    table = take(page, "takes", "csv")
    rows = list(csv.DictReader(table.path().read_text(encoding="utf-8").splitlines()))
    assert [row["name"] for row in rows] == ["Take 1", "grumpy, tired"]
    assert {row["text"] for row in rows} == {
        "It's eleven o'clock.",
        "I think I have a doctor's appointment.",
    }
    assert float(rows[0]["text_audio_happiness"]) == pytest.approx(0.78)
    assert "appointment" in take(page, "takes", "svg").path().read_text(encoding="utf-8")
    choose(page, 0, 1)
    expect(page.locator("#at-compared h2")).to_contain_text("The words differ")
    assert "share of the tokens" in take(page, "takes", "svg").path().read_text(encoding="utf-8")
    assert take(page, "takes", "png").path().read_bytes().startswith(b"\x89PNG")


def test_a_long_or_hostile_sentence_stays_a_sentence(page: Page):
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    make_takes(page, 1)
    for number, text in enumerate((HOSTILE, "word " * 399 + "word!"), start=2):
        write(page, text)
        page.locator("#at-analyse").click()
        expect(cards(page)).to_have_count(number)
        expect(cards(page).first.locator(".text")).to_have_text(text)
    assert not dialogs
    assert page.locator("#at-compared img, #at-takes img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_they_are_this_tabs_alone(chromium: Browser, page_server: Server, page: Page):
    make_takes(page, 1)
    with visitor(chromium, page_server.address) as other:
        expect(other.locator("#at-takes .takes")).to_be_hidden()
    another_tab = page.context.new_page()
    another_tab.goto(page_server.address)
    expect(another_tab.locator("#at-analyse")).to_be_visible()
    expect(cards(another_tab)).to_have_count(0)


def test_another_language_or_a_reload_finds_them_again(page: Page):
    make_takes(page, 1, 6, 2)
    rename(page, 1, HOSTILE)
    cards(page).nth(2).locator(".delete").click()
    choose(page, 0, 1)
    page.get_by_role("link", name="Español").click()
    expect(page.locator("#at-analyse")).to_have_text("Analizar")
    names = cards(page).locator(".name")
    expect(names).to_have_count(2)
    assert [name.input_value() for name in names.all()] == ["Toma 3", HOSTILE]
    expect(cards(page).locator(".voice").first).to_have_text("alegre")
    expect(page.locator("#at-compared .at-side h3")).to_have_text([HOSTILE, "Toma 3"])
    assert page.locator("#at-compared img, #at-takes img").count() == 0
    page.reload()
    page.locator("#at-examples button").nth(1).click()
    expect(cards(page)).to_have_count(3)
    expect(names.first).to_have_value("Toma 4")
    assert take(page, "takes", "csv").path().read_text(encoding="utf-8").count("\n") == 4


def test_a_server_that_dies_is_told_and_the_takes_stay(chromium: Browser, tmp_path: Path):
    port = free_port()
    with (
        fake_page_at(tmp_path, port, "emotion") as server,
        visitor(chromium, server.address) as page,
    ):
        make_takes(page, 1)
        server.kill()
        page.locator("#at-analyse").click()
        told = page.locator(".toast-body, [role=alert]").filter(has_text=re.compile("onnection"))
        expect(told.first).to_be_visible()
        expect(cards(page)).to_have_count(1)
        rename(page, 0, "before")
        with fake_page_at(tmp_path, port, "emotion"):
            page.goto(server.address)
            pick_example(page, 2)
            expect(cards(page)).to_have_count(2)
            expect(cards(page).last.locator(".name")).to_have_value("before")


def test_what_a_tab_kept_of_another_version_is_left_out(page: Page):
    page.evaluate("sessionStorage.setItem('audiotok-takes', '{\"takes\": [{\"id\": 7}]}')")
    page.reload()
    make_takes(page, 1)
    expect(cards(page).locator(".name")).to_have_value("Take 1")
