"""The page with the fake classifier, as visitors use it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from audiotok.plots.palette import LABELS
from tests.browser.page_driver import (
    analyse,
    microphone_that_plays,
    open_attention,
    pick_example,
    record,
    sentence,
    take,
    upload,
    visitor,
    write,
)
from tests.fake_whisper import SAID
from tests.page_server import Server, fake_page

pytestmark = pytest.mark.browser
VERDICT = "The words alone read neutral; the voice makes it happy."
HOSTILE = "<b>bold</b> <img src=x onerror=alert(1)> {{value}} ${1+1} 😀 مرحبا"


@pytest.fixture
def page(chromium: Browser, page_server: Server):
    with visitor(chromium, page_server.address) as page:
        yield page


def test_an_example_is_analysed(page: Page):
    expect(page.locator("#at-analyse")).to_be_disabled()
    example = pick_example(page)
    expect(page.locator("#at-text textarea")).to_have_value(example.text)
    analyse(page)
    expect(sentence(page)).to_have_text(VERDICT)
    row = page.locator("tr[data-label=happiness]")
    expect(row).to_contain_text("12 %")
    expect(row).to_contain_text("78 %")
    expect(row).to_contain_text("+66")
    expect(page.locator(".at-usage")).to_contain_text("selected ones were used")
    expect(page.locator("#at-stream .readout")).to_contain_text("selected")


def test_the_attention_follows_the_choosers(page: Page):
    example = pick_example(page)
    analyse(page)
    open_attention(page)
    expect(page.locator(".at-heat")).to_have_text(example.text)
    expect(page.locator(".at-shares tr")).to_have_count(4)
    before = page.locator(".at-strongest").inner_text()
    page.get_by_label("Backbone layer").click()
    page.get_by_role("option", name="3", exact=True).click()
    expect(page.locator(".at-shares tr.at-chosen th")).to_have_text("Layer 3")
    assert page.locator(".at-strongest").inner_text() != before


def test_an_open_attention_view_follows_the_next_analysis(page: Page):
    pick_example(page)
    analyse(page)
    open_attention(page)
    write(page, "Something else entirely")
    page.locator("#at-analyse").click()
    expect(page.locator(".at-heat")).to_have_text("Something else entirely")


def test_an_upload_is_analysed_without_words(page: Page, clip: Path):
    upload(page, clip)
    write(page, "")
    page.locator("#at-analyse").click()
    expect(sentence(page)).to_have_text("The voice alone sounds happy.")
    expect(page.locator("tr[data-label=happiness]")).not_to_contain_text("+66")


def test_the_microphone_is_heard(launch: Callable[..., Browser], page_server: Server, clip: Path):
    browser = launch(args=microphone_that_plays(clip))
    with visitor(browser, page_server.address) as page:
        expect(page.locator("#at-analyse")).to_be_disabled()
        record(page)
        expect(page.locator("#at-text textarea")).to_have_value(SAID)
        expect(sentence(page)).to_have_text(VERDICT)
    browser.close()


def test_what_cannot_be_used_is_said_and_nothing_is_lost(page: Page, clip: Path, tmp_path: Path):
    upload(page, clip)
    write(page, "a" * 10_000)
    page.locator("#at-analyse").click()
    expect(page.get_by_role("alert")).to_contain_text("at most 2,000 are read")
    expect(page.locator("#at-text textarea")).to_have_value("a" * 10_000)
    write(page, "crash")
    page.locator("#at-analyse").click()
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong on our side")
    expect(page.get_by_text("Traceback")).to_have_count(0)
    write(page, "Fine again.")
    analyse(page)
    expect(sentence(page)).to_have_text(VERDICT)


def test_a_file_that_is_not_audio_is_one_sentence(page: Page, tmp_path: Path):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"this is no sound")
    upload(page, broken)
    expect(page.get_by_role("alert")).to_contain_text("cannot be read as audio")


def test_text_is_never_markup_and_nothing_is_fetched_from_elsewhere(
    chromium: Browser, page_server: Server
):
    with visitor(chromium, page_server.address) as page:
        hosts, dialogs = set(), []
        page.on("request", lambda request: hosts.add(urlparse(request.url).hostname))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.reload()
        pick_example(page)
        write(page, HOSTILE)
        analyse(page)
        open_attention(page)
        shown = page.locator(".at-heat").inner_text().replace(" ", "")
        assert shown == HOSTILE.replace(" ", "")
        assert not dialogs
        assert hosts <= {"127.0.0.1", None}


def test_everything_can_be_taken_along(page: Page):
    example = pick_example(page)
    analyse(page)
    verdict = json.loads(take(page, "verdict", "json").path().read_text())
    assert verdict["text_audio"]["happiness"] == pytest.approx(0.78)
    tokens = take(page, "tokens", "csv")
    assert tokens.suggested_filename == "emotion-tokens.csv"
    rows = list(csv.DictReader(tokens.path().read_text().splitlines()))
    assert len(rows) == verdict["n_selected"]
    assert take(page, "tokens", "png").path().read_bytes().startswith(b"\x89PNG")
    open_attention(page)
    assert example.text.split()[1] in take(page, "attention", "svg").path().read_text()
    assert take(page, "verdict", "svg").suggested_filename == "emotion-verdict.svg"


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_follows_the_system_into_the_dark(
    chromium: Browser, page_server: Server, dark: bool
):
    with visitor(chromium, page_server.address, dark=dark) as page:
        pick_example(page)
        analyse(page)
        bar = page.locator("tr[data-label=happiness] .at-voice .at-track b")
        shade = LABELS["happiness"].on(dark).lstrip("#")
        rgb = ", ".join(str(int(shade[i : i + 2], 16)) for i in (0, 2, 4))
        expect(bar).to_have_css("background-color", f"rgb({rgb})")


def test_a_phone_never_scrolls_sideways(chromium: Browser, page_server: Server):
    with visitor(chromium, page_server.address, width=390) as page:
        pick_example(page)
        analyse(page)
        for step in (lambda: None, lambda: open_attention(page)):
            step()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_keyboard_is_enough(page: Page):
    page.locator("#at-examples button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#at-analyse")).to_be_enabled()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "at-analyse":
            break
    page.keyboard.press("Enter")
    expect(sentence(page)).to_have_text(VERDICT)


def test_visitors_see_their_own_results(chromium: Browser, page_server: Server):
    with (
        visitor(chromium, page_server.address) as ana,
        visitor(chromium, page_server.address) as ben,
    ):
        for page, text in ((ana, "I am Ana"), (ben, "I am Ben")):
            pick_example(page)
            write(page, text)
        ana.locator("#at-analyse").click()
        ben.locator("#at-analyse").click()
        for page, text in ((ana, "I am Ana"), (ben, "I am Ben")):
            expect(page.locator(".at-verdict")).to_be_visible()
            open_attention(page)
            expect(page.locator(".at-heat")).to_have_text(text)
            taken = json.loads(take(page, "verdict", "json").path().read_text())
            assert taken["text"] == text


def test_a_recording_is_deleted_when_its_visitor_leaves(
    chromium: Browser, page_server: Server, clip: Path
):
    def clips() -> list[Path]:
        return list(page_server.uploads.rglob(clip.name))

    with visitor(chromium, page_server.address) as page:
        upload(page, clip)
        analyse(page)
        assert clips()
    with visitor(chromium, page_server.address) as page:
        for _ in range(100):
            if not clips():
                break
            page.wait_for_timeout(200)
    assert not clips()


def test_two_lines_stay_on_the_page(page: Page):
    for line in (
        "Recordings are used for this analysis and deleted; nothing is sent anywhere.",
        "A label is a guess about how an utterance sounds, not a fact about a person.",
    ):
        expect(page.get_by_text(line)).to_be_visible()


def test_plain_http_from_another_machine_is_explained(
    launch: Callable[..., Browser], page_server: Server, page: Page
):
    expect(page.locator("#at-insecure")).to_be_hidden()
    browser = launch(args=["--host-resolver-rules=MAP teacher.example 127.0.0.1"])
    with visitor(browser, f"http://teacher.example:{page_server.port}") as other:
        expect(other.locator("#at-insecure")).to_be_visible()
        expect(other.locator("#at-insecure")).to_contain_text("--share")
        pick_example(other)
        analyse(other)
    browser.close()


def test_a_bundle_of_ones_own_offers_its_task_only(chromium: Browser, tmp_path: Path):
    with (
        fake_page(tmp_path, "sentiment") as server,
        visitor(chromium, server.address) as page,
    ):
        expect(page.get_by_role("radio")).to_have_count(1)
        pick_example(page)
        analyse(page)
        expect(sentence(page)).to_have_text(
            "The words alone read neutral; the voice makes it positive."
        )
