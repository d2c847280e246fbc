"""The optional second clip, the reference, as visitors use it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from audiotok.audio import SAMPLE_RATE
from tests.browser.page_driver import (
    analyse,
    expect_reference,
    microphone_that_plays,
    pick_example,
    sentence,
    take,
    unfold_neutral_voice,
    upload,
    upload_reference,
    visitor,
    write,
)
from tests.conftest import tone
from tests.page_server import Server

pytestmark = pytest.mark.browser
ABSOLUTE = "The words alone read neutral; the voice makes it happy."
RELATIVE = "The words alone read neutral; the voice makes it sad."
SAID = "relative to your neutral clip"


@pytest.fixture
def page(chromium: Browser, page_server: Server) -> Iterator[Page]:
    with visitor(chromium, page_server.address) as page:
        yield page


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain.wav"
    soundfile.write(path, tone(0.7), SAMPLE_RATE)
    return path


def use_clip(page: Page) -> None:
    page.locator("#at-use-as-neutral").click()
    expect_reference(page)


def test_it_is_folded_away_and_not_needed(page: Page):
    expect_reference(page, there=False)
    expect(page.locator("#at-reference")).to_be_hidden()
    expect(page.locator("#at-use-as-neutral")).to_be_disabled()
    pick_example(page)
    analyse(page)
    expect(sentence(page)).to_have_text(ABSOLUTE)
    expect(page.locator(".at-verdict")).not_to_contain_text("relative")


def test_the_main_clip_becomes_the_reference_and_stays_while_others_come(page: Page, plain: Path):
    upload(page, plain)
    use_clip(page)
    for index in (1, 2):
        pick_example(page, index)
        expect_reference(page)
        page.locator("#at-analyse").click()
        expect(page.locator(".at-notes")).to_have_text("References of 0.7 s were heard.")
        expect(page.locator(".at-badges")).to_contain_text(SAID)
        expect(sentence(page)).to_have_text(RELATIVE)
    assert json.loads(take(page, "verdict", "json").path().read_text())["n_references"] == 1


def test_an_uploaded_reference_is_heard_and_cleared_in_its_recorder(page: Page, plain: Path):
    upload_reference(page, plain)
    expect(page.locator("#at-analyse")).to_be_disabled()  # it is not what is judged
    fold = page.get_by_role("button", name="Your neutral voice")
    fold.click()
    expect(page.locator("#at-reference")).to_be_hidden()
    pick_example(page)
    analyse(page)
    expect(page.locator(".at-notes")).to_have_text("References of 0.7 s were heard.")
    fold.click()
    page.locator("#at-reference").get_by_label("Clear").click()
    expect_reference(page, there=False)
    page.locator("#at-analyse").click()
    expect(sentence(page)).to_have_text(ABSOLUTE)


def test_the_reference_can_be_recorded(
    launch: Callable[..., Browser], page_server: Server, clip: Path
):
    browser = launch(args=microphone_that_plays(clip))
    with visitor(browser, page_server.address) as page:
        recorder = unfold_neutral_voice(page)
        recorder.locator(".record-button").click()
        expect(recorder.locator(".stop-button")).to_be_visible()
        page.wait_for_timeout(2_000)
        recorder.locator(".stop-button").click()
        expect_reference(page)
        pick_example(page)
        analyse(page)
        expect(sentence(page)).to_have_text(RELATIVE)
        expect(page.locator(".at-notes")).to_contain_text("References of")
    browser.close()


@pytest.mark.parametrize("unfolded", [False, True])
def test_without_the_removed_reference_verdicts_are_absolute_again(page: Page, unfolded: bool):
    pick_example(page)
    if unfolded:
        unfold_neutral_voice(page)
    use_clip(page)
    analyse(page)
    expect(sentence(page)).to_have_text(RELATIVE)
    expect(page.locator("#at-stale")).to_be_hidden()
    page.locator("#at-remove-neutral").click()
    expect_reference(page, there=False)
    expect(page.locator("#at-stale")).to_be_visible()
    page.locator("#at-analyse").click()
    expect(sentence(page)).to_have_text(ABSOLUTE)
    expect(page.locator("#at-stale")).to_be_hidden()
    expect(page.locator(".at-verdict")).not_to_contain_text("relative")


def test_a_verdict_of_what_stood_there_before_says_so(page: Page, plain: Path):
    stale = page.locator("#at-stale")
    example = pick_example(page)
    expect(stale).to_be_hidden()  # there is no verdict yet
    analyse(page)
    expect(stale).to_be_hidden()
    unfold_neutral_voice(page)
    write(page, "Something else.")
    expect(stale).to_be_visible()
    write(page, example.text)
    expect(stale).to_be_hidden()  # it is what was judged
    page.get_by_label("sentiment").check()
    expect(stale).to_be_visible()
    page.get_by_label("emotion").check()
    expect(stale).to_be_hidden()
    use_clip(page)
    expect(stale).to_be_visible()
    page.locator("#at-remove-neutral").click()
    expect(stale).to_be_hidden()
    page.locator("#at-audio").get_by_label("Clear").click()
    expect(stale).to_be_visible()


def test_a_bad_reference_is_one_sentence_and_can_be_removed(page: Page, tmp_path: Path):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"this is no sound")
    upload_reference(page, broken)
    pick_example(page)
    page.locator("#at-analyse").click()
    expect(page.get_by_role("alert")).to_contain_text("The reference clip: ")
    page.locator("#at-remove-neutral").click()
    expect_reference(page, there=False)
    analyse(page)
    expect(sentence(page)).to_have_text(ABSOLUTE)


def test_the_reference_is_deleted_when_its_visitor_leaves(
    chromium: Browser, page_server: Server, plain: Path
):
    def clips() -> list[Path]:
        return list(page_server.uploads.rglob(plain.name))

    with visitor(chromium, page_server.address) as page:
        upload_reference(page, plain)
        assert clips()
    with visitor(chromium, page_server.address) as page:
        for _ in range(100):
            if not clips():
                break
            page.wait_for_timeout(200)
    assert not clips()


def test_it_fits_a_phone(chromium: Browser, page_server: Server):
    with visitor(chromium, page_server.address, width=390) as page:
        pick_example(page)
        use_clip(page)
        unfold_neutral_voice(page)
        analyse(page)
        expect(page.locator(".at-badges")).to_contain_text(SAID)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
