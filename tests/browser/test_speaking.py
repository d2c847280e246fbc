"""One gesture: a recording stops, and words, times and verdict come by themselves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.page_driver import (
    expect_answer,
    leave_alone,
    microphone_that_plays,
    pick_example,
    record,
    sentence,
    take,
    upload,
    visitor,
    write,
)
from tests.fake_whisper import NO_WHISPER, SAID
from tests.page_server import Server, fake_page

pytestmark = pytest.mark.browser
VERDICT = "The words alone read neutral; the voice makes it happy."
VOICE_ALONE = "The voice alone sounds happy."
SCREENS = {"a laptop": (1280, 800), "a phone": (390, 844)}
# Notes everything that stands where the verdict will.
WATCH = """
() => {
  const place = document.getElementById('at-verdict');
  window.seen = [];
  new MutationObserver(() => window.seen.push(place.textContent.trim()))
    .observe(place, { childList: true, subtree: true, characterData: true });
}
"""
# How many pixels too wide the page is in the frames after the window changed.
TOO_WIDE = """
() => new Promise(answer => {
  const widths = [];
  const look = () => {
    widths.push(document.documentElement.scrollWidth - innerWidth);
    if (widths.length < 12) requestAnimationFrame(look); else answer(Math.max(...widths));
  };
  look();
})
"""
# Lets a test pull the microphone's plug.
KEEP_STREAM = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => (window.heardBy = await ask(wanted));
"""


@pytest.fixture
def speaker(launch: Callable[..., Browser], page_server: Server, clip: Path) -> Iterator[Page]:
    """Somebody at a microphone."""
    browser = launch(args=microphone_that_plays(clip))
    with visitor(browser, page_server.address) as page:
        yield page
    browser.close()


def words_taken(page: Page) -> list[dict[str, object]]:
    return json.loads(take(page, "verdict", "json").path().read_text())["words"]


def text_of(page: Page):
    return page.locator("#at-text textarea")


def test_record_and_stop_are_enough(speaker: Page):
    speaker.evaluate(WATCH)
    record(speaker)
    expect(text_of(speaker)).to_have_value(SAID)
    expect(sentence(speaker)).to_have_text(VERDICT)
    expect(speaker.locator("#at-takes .card")).to_have_count(1)
    seen = speaker.evaluate("window.seen")
    shown = [seen.index(step) for step in ("Writing down the words …", "Listening to the voice …")]
    assert shown == sorted(shown)
    words = words_taken(speaker)
    assert [word["word"] for word in words] == SAID.split()
    assert all(word["start_s"] < word["end_s"] for word in words)
    assert words[-1]["end_s"] > 1


def test_word_times_stand_above_the_waveform(speaker: Page):
    record(speaker)
    expect(sentence(speaker)).to_have_text(VERDICT)
    roll = speaker.locator("#at-stream .roll")
    roll.scroll_into_view_if_needed()
    box = roll.bounding_box()
    roll.hover(position={"x": box["width"] * 0.9, "y": 10})
    expect(speaker.locator("#at-stream .tip")).to_contain_text("“seven.” from")


def test_another_recording_has_its_own_words(speaker: Page):
    record(speaker, 1.0)
    expect(sentence(speaker)).to_have_text(VERDICT)
    write(speaker, "Dinner is at eight.")
    expect(speaker.locator("#at-stale")).to_be_visible()
    speaker.locator("#at-analyse").click()
    expect(speaker.locator("#at-stale")).to_be_hidden()
    expect(speaker.locator("#at-takes .card")).to_have_count(2)
    corrected = words_taken(speaker)
    assert [word["word"] for word in corrected] == ["Dinner", "is", "at", "eight."]
    speaker.locator("#at-audio").get_by_label("Clear").click()
    record(speaker, 1.0)
    expect(text_of(speaker)).to_have_value(SAID)
    expect(speaker.locator("#at-takes .card")).to_have_count(3)


def test_switched_off_it_waits_to_be_asked(speaker: Page):
    leave_alone(speaker)
    record(speaker)
    expect(speaker.locator("#at-analyse")).to_be_enabled()
    speaker.wait_for_timeout(1_000)
    expect(speaker.locator(".at-verdict")).to_have_count(0)
    expect(text_of(speaker)).to_have_value("")
    speaker.locator("#at-transcribe").click()
    expect(text_of(speaker)).to_have_value(SAID)
    expect(speaker.locator(".at-verdict")).to_have_count(0)
    speaker.locator("#at-analyse").click()
    expect(sentence(speaker)).to_have_text(VERDICT)
    assert len(words_taken(speaker)) == len(SAID.split())


@pytest.mark.parametrize("screen", SCREENS)
def test_the_first_screen_holds_sentence_recorder_and_verdict(
    launch: Callable[..., Browser], page_server: Server, clip: Path, screen: str
):
    width, height = SCREENS[screen]
    browser = launch(args=microphone_that_plays(clip))
    with visitor(browser, page_server.address, width) as page:
        page.set_viewport_size({"width": width, "height": height})

        def expect_in_view(*places: str) -> None:
            for place in places:
                box = page.locator(place).first.bounding_box()
                assert box and 0 <= box["x"] <= box["x"] + box["width"] <= width, place
                assert 0 <= box["y"] <= box["y"] + box["height"] <= height, place

        expect_in_view("#at-audio .record-button", "#at-text textarea", "#at-analyse", ".at-empty")
        record(page)
        expect(sentence(page)).to_have_text(VERDICT)
        assert page.evaluate("window.scrollY") == 0
        expect_in_view("#at-audio", "#at-text textarea", ".at-sentence", ".at-badges")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    browser.close()


def test_an_example_shows_its_verdict_at_once(chromium: Browser, page_server: Server):
    with visitor(chromium, page_server.address) as page:
        example = pick_example(page, 2)
        expect(sentence(page)).to_have_text(VERDICT)
        assert [word["word"] for word in words_taken(page)] == example.text.split()
        expect(page.locator("#at-stale")).to_be_hidden()


@pytest.mark.parametrize(
    ("hears", "said"),
    [
        ("another language", "hears English alone"),
        ("nothing, without a model", NO_WHISPER),
    ],
)
def test_words_that_cannot_be_had_are_said_and_not_invented(
    chromium: Browser, clip: Path, tmp_path: Path, hears: str, said: str
):
    with (
        fake_page(tmp_path, "emotion", hears=hears) as server,
        visitor(chromium, server.address) as page,
    ):
        upload(page, clip)
        expect(page.locator("#at-heard")).to_contain_text(said)
        expect(text_of(page)).to_have_value("")
        expect(sentence(page)).to_have_text(VOICE_ALONE)
        pick_example(page)
        expect(page.locator("#at-heard")).to_be_hidden()
        write(page, "¿Qué hora es?")
        page.locator("#at-transcribe").click()
        expect(page.locator("#at-heard")).to_contain_text(said)
        expect(text_of(page)).to_have_value("¿Qué hora es?")  # what somebody typed is theirs


def test_a_microphone_that_is_unplugged_loses_nothing(
    launch: Callable[..., Browser], page_server: Server, clip: Path
):
    browser = launch(args=microphone_that_plays(clip))
    with visitor(browser, page_server.address) as page:
        page.add_init_script(KEEP_STREAM)
        page.reload()
        page.locator("#at-audio .record-button").click()
        expect(page.locator("#at-audio .stop-button")).to_be_visible()
        page.wait_for_timeout(1_500)
        page.evaluate("window.heardBy.getTracks().forEach((track) => track.stop())")
        expect(sentence(page)).to_have_text(VERDICT)
        expect(text_of(page)).to_have_value(SAID)
    browser.close()


def test_a_microphone_that_is_refused_is_one_sentence(chromium: Browser, page_server: Server):
    with visitor(chromium, page_server.address) as page:
        expect(page.locator("#at-denied")).to_be_hidden()
        page.locator("#at-audio .record-button").click()
        expect(page.locator("#at-denied")).to_contain_text("allow it in the browser's address bar")
        pick_example(page)
        expect(sentence(page)).to_have_text(VERDICT)


def test_silence_is_one_sentence(chromium: Browser, page_server: Server, tmp_path: Path):
    import numpy as np
    import soundfile

    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(32_000), 16_000)
    with visitor(chromium, page_server.address) as page:
        upload(page, path)
        expect(page.get_by_role("alert")).to_contain_text("silent")
        expect(page.locator("#at-takes .card")).to_have_count(0)


def test_a_clip_that_the_server_forgot_is_said_and_the_takes_stay(
    chromium: Browser, page_server: Server, clip: Path
):
    with visitor(chromium, page_server.address) as page:
        upload(page, clip)
        expect(page.locator("#at-takes .card")).to_have_count(1)
        for path in page_server.uploads.rglob(clip.name):
            path.unlink()
        page.locator("#at-analyse").click()
        expect(page.get_by_role("alert")).to_contain_text("deleted meanwhile")
        expect(page.locator("#at-takes .card")).to_have_count(1)


def test_a_phone_that_rotates_keeps_everything(chromium: Browser, page_server: Server):
    with visitor(chromium, page_server.address, width=390) as page:
        example = pick_example(page)
        for width, height in ((844, 390), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(TOO_WIDE) <= 0
            expect(sentence(page)).to_have_text(VERDICT)
            expect(text_of(page)).to_have_value(example.text)
            expect(page.locator("#at-takes .card")).to_have_count(1)
        expect_answer(page)
