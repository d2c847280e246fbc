"""Under the token stream in a browser: versions of the clip on one cursor, and a token's card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Browser, Locator, Page, expect

from audiotok.audio import SAMPLE_RATE
from tests.browser.page_driver import pick_example, upload, visitor
from tests.conftest import tone
from tests.page_server import Server

pytestmark = pytest.mark.browser
AUDIO = "document.querySelector('#at-stream audio')"


@pytest.fixture
def page(chromium: Browser, page_server: Server) -> Iterator[Page]:
    with visitor(chromium, page_server.address) as page:
        pick_example(page, 6)
        yield page


def version(page: Page, name: str) -> Locator:
    return page.locator("#at-hear").get_by_role("radio", name=name, exact=True)


def test_another_version_takes_over_where_the_clip_is(page: Page):
    original = page.evaluate(f"{AUDIO}.src")
    page.evaluate(f"{AUDIO}.currentTime = 1.2")
    version(page, "layer 1").click()
    expect(page.locator("#at-hear .said")).to_contain_text(re.compile(r"Heard: layer 1, [\d,]+ of"))
    page.wait_for_function(f"{AUDIO}.src !== {original!r}")
    assert page.evaluate(f"{AUDIO}.currentTime") == pytest.approx(1.2)
    duration_s = page.evaluate(f"{AUDIO}.duration")
    version(page, "original").click()
    page.wait_for_function(f"{AUDIO}.src === {original!r}")
    assert page.evaluate(f"{AUDIO}.currentTime") == pytest.approx(1.2)
    assert page.evaluate(f"{AUDIO}.duration") == pytest.approx(duration_s, abs=0.03)


def test_versions_differ_and_are_chosen_by_keyboard(page: Page):
    version(page, "original").focus()
    heard = set()
    for name in ("all layers", "layer 1", "all layers but 1", "only the selected"):
        page.keyboard.press("ArrowRight")
        expect(version(page, name)).to_have_attribute("aria-checked", "true")
        expect(page.locator("#at-hear .said")).to_contain_text("Heard")
        heard.add(page.locator("#at-hear .said a").get_attribute("href"))
    assert len(heard) == 4


def test_a_new_clip_is_heard_as_it_is(page: Page):
    version(page, "all layers").click()
    expect(page.locator("#at-hear .said")).to_contain_text("Heard")
    pick_example(page, 1)
    expect(version(page, "original")).to_have_attribute("aria-checked", "true")
    expect(page.locator("#at-hear .said")).to_have_text("")


def test_what_cannot_be_heard_is_one_sentence(page: Page, tmp_path: Path):
    path = tmp_path / "quiet.wav"
    soundfile.write(path, 0.001 * tone(1.0), SAMPLE_RATE)
    before = page.evaluate(f"{AUDIO}.src")
    page.locator("#at-audio").get_by_role("button", name="Clear").click()
    upload(page, path)
    page.wait_for_function(f"{AUDIO}.src !== {before!r}")  # a new clip starts as it is
    version(page, "only the selected").click()
    expect(page.locator("#at-hear .said")).to_contain_text("nothing to hear of them")
    expect(version(page, "original")).to_have_attribute("aria-checked", "true")


def test_a_token_has_a_card(page: Page):
    page.locator("#at-stream .roll").focus()
    page.keyboard.press("ArrowRight")
    card = page.locator(".at-token-card")
    expect(card.locator("h3")).to_contain_text(re.compile(r"<L\d:\d+> speaks for \w+"))
    expect(card.locator("tr")).to_have_count(7)
    expect(card).to_contain_text("happy")  # nearest words
    first = card.locator("h3").inner_text()
    page.keyboard.press("End")
    expect(card.locator("h3")).not_to_have_text(first)
    card.locator("button").first.click()
    page.wait_for_function(f"!{AUDIO}.paused || {AUDIO}.currentTime > 0")
    pick_example(page, 1)
    expect(card).to_have_count(0)  # it was of the clip before
