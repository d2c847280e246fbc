"""The two recorders: whatever sound is uploaded is heard and played, and pauses don't count."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from audiotok.audio import SUFFIXES
from tests.audio.sounds import voice, with_ffmpeg, with_soundfile
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
)
from tests.page_server import Server

pytestmark = pytest.mark.browser
SECONDS = 2.0
HAPPY = "The words alone read neutral; the voice makes it happy."
# What is within is told by its content, so one file stands for all that hold the same.
MAKERS: dict[str, Callable[[], bytes]] = {
    ".webm": lambda: with_ffmpeg(voice(SECONDS, 48_000), "webm", "libopus", 48_000),
    ".mp4": lambda: with_ffmpeg(voice(SECONDS), "mp4", "aac"),
    ".mov": lambda: with_ffmpeg(voice(SECONDS), "mov", "alac"),
    ".3gp": lambda: with_ffmpeg(voice(SECONDS, 8_000), "3gp", "libopencore_amrnb", 8_000),
    ".amr": lambda: with_ffmpeg(voice(SECONDS, 8_000), "amr", "libopencore_amrnb", 8_000),
    ".caf": lambda: with_soundfile(voice(SECONDS), "CAF", "PCM_16"),
    ".aiff": lambda: with_soundfile(voice(SECONDS), "AIFF", "PCM_16"),
    ".wav": lambda: with_soundfile(voice(SECONDS, 8_000), "WAV", "GSM610", 8_000),
}
# Drops a file of no known type on an element.
DROP = """
(target, [name, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name));
  const how = { bubbles: true, cancelable: true, dataTransfer: files };
  target.dispatchEvent(new DragEvent('drop', how));
}
"""


@pytest.fixture
def page(chromium: Browser, page_server: Server) -> Iterator[Page]:
    with visitor(chromium, page_server.address) as page:
        yield page


def sound(folder: Path, suffix: str) -> Path:
    path = folder / f"sound{suffix}"
    path.write_bytes(MAKERS[suffix]())
    return path


def expect_played(recorder: Locator) -> None:
    """Play a clip of about two seconds to its end."""
    expect(recorder.locator("#duration")).to_have_text("0:02")
    recorder.get_by_role("button", name="Play", exact=True).click()
    expect(recorder.locator("#time")).to_have_text("0:02")


@pytest.mark.parametrize("suffix", MAKERS)
def test_an_upload_is_analysed_and_played(page: Page, tmp_path: Path, suffix: str):
    upload(page, sound(tmp_path, suffix))
    expect_played(page.locator("#at-audio"))
    analyse(page)
    expect(sentence(page)).to_have_text(HAPPY)
    expect(page.locator("#at-stale")).to_be_hidden()
    record = json.loads(take(page, "verdict", "json").path().read_text())
    assert record["duration_s"] == pytest.approx(
        SECONDS, abs=0.2
    )  # codecs fill up their last frame


@pytest.mark.parametrize("suffix", [".mp4", ".amr"])
def test_a_neutral_voice_is_heard_and_played(page: Page, tmp_path: Path, suffix: str):
    upload_reference(page, sound(tmp_path, suffix))
    expect_played(page.locator("#at-reference"))
    pick_example(page)
    analyse(page)
    expect(page.locator(".at-notes")).to_contain_text("References of 2")


def test_a_clip_that_becomes_the_neutral_voice_is_played_there(page: Page, tmp_path: Path):
    upload(page, sound(tmp_path, ".amr"))
    page.locator("#at-use-as-neutral").click()
    expect_reference(page)
    page.get_by_role("button", name="Your neutral voice").click()
    expect_played(page.locator("#at-reference"))


def test_a_dropped_file_is_taken_too(page: Page, tmp_path: Path):
    page.locator("#at-audio").get_by_role("button", name="Upload file").click()
    button = page.locator("#at-audio button:has(input[type=file])")
    button.evaluate(DROP, ["dropped.amr", list(sound(tmp_path, ".amr").read_bytes())])
    expect_played(page.locator("#at-audio"))
    analyse(page)
    expect(sentence(page)).to_have_text(HAPPY)


def test_every_name_of_sound_can_be_chosen(page: Page, tmp_path: Path):
    recorder = page.locator("#at-audio")
    recorder.get_by_role("button", name="Upload file").click()
    with page.expect_file_chooser() as chooser:
        recorder.locator("button:has(input[type=file])").click()
    offered = recorder.locator("input[type=file]").get_attribute("accept") or ""
    assert set(offered.split(", ")) >= {"audio/*", "video/*", *SUFFIXES}
    clip = tmp_path / "CLIP.AMR"
    clip.write_bytes(MAKERS[".amr"]())
    chooser.value.set_files(clip)
    expect_played(recorder)


def test_what_is_no_sound_is_one_sentence(page: Page, tmp_path: Path):
    letter = tmp_path / "letter.docx"
    letter.write_bytes(b"PK\x03\x04 Dear all")
    upload(page, letter)
    page.locator("#at-analyse").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be read as audio")


def test_the_copy_goes_with_its_visitor(chromium: Browser, page_server: Server, tmp_path: Path):
    def copies() -> list[Path]:
        return list(page_server.uploads.rglob("playable.wav"))

    with visitor(chromium, page_server.address) as page:
        upload(page, sound(tmp_path, ".caf"))
        expect(page.locator("#at-audio #duration")).to_have_text("0:02")
        assert copies()
    with visitor(chromium, page_server.address) as page:
        for _ in range(100):
            if not copies():
                break
            page.wait_for_timeout(200)
    assert copies() == []


@pytest.fixture
def speaker(launch: Callable[..., Browser], page_server: Server, clip: Path) -> Iterator[Page]:
    """Somebody at a microphone, on a page whose clock can be put forward."""
    browser = launch(args=microphone_that_plays(clip))
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(COUNT_STARTS)
    page.clock.install()
    page.goto(page_server.address)
    yield page
    browser.close()


# A recorder shows its stop button before it records, and until then no clock of its runs.
COUNT_STARTS = """
window.nRecorders = 0;
window.MediaRecorder = class extends window.MediaRecorder {
  constructor(...given) {
    super(...given);
    this.addEventListener('start', () => { window.nRecorders += 1; });
  }
};
"""


class Take:
    """A recording in one of the recorders."""

    def __init__(self, page: Page, recorder: Locator) -> None:
        self._page, self._recorder = page, recorder
        before = page.evaluate("window.nRecorders")
        recorder.locator(".record-button").click()
        expect(self._stop).to_be_visible()
        patience = time.monotonic() + 60
        while page.evaluate("window.nRecorders") == before:
            assert time.monotonic() < patience, "The recorder does not start."
            time.sleep(0.05)
        time.sleep(0.5)  # to be analysed, however fast the page's clock is put forward

    @property
    def _stop(self) -> Locator:
        return self._recorder.locator(".stop-button")

    def goes_on(self, seconds: int) -> None:
        self._page.clock.fast_forward(seconds * 1_000)
        expect(self._stop).to_be_visible()

    def pauses(self, seconds: int) -> None:
        self._recorder.locator(".pause-button").click()
        expect(self._recorder.locator(".resume-button")).to_be_visible()
        self._page.clock.fast_forward(seconds * 1_000)
        expect(self._recorder.locator(".resume-button")).to_be_visible()
        self._recorder.locator(".resume-button").click()
        expect(self._stop).to_be_visible()

    def ends_after(self, seconds: int) -> None:
        self._page.clock.fast_forward(seconds * 1_000)
        expect(self._recorder.locator("#duration")).to_be_visible()


@pytest.mark.parametrize("which", ["#at-audio", "#at-reference"])
def test_a_long_pause_takes_nothing_off_the_minute(speaker: Page, which: str):
    if which == "#at-reference":
        unfold_neutral_voice(speaker)
    recording = Take(speaker, speaker.locator(which))
    recording.goes_on(4)
    recording.pauses(52)
    recording.goes_on(7)
    recording.goes_on(40)
    recording.ends_after(8)


def test_a_recording_ends_in_time_after_a_pause(speaker: Page):
    recording = Take(speaker, speaker.locator("#at-audio"))
    recording.goes_on(51)
    recording.pauses(11)
    recording.ends_after(8)
    analyse(speaker)
    expect(sentence(speaker)).to_have_text(HAPPY)


def test_each_recording_has_its_own_minute(speaker: Page):
    recording = Take(speaker, speaker.locator("#at-audio"))
    recording.goes_on(40)
    speaker.locator("#at-audio .stop-button").click()
    expect(speaker.locator("#at-audio #duration")).to_be_visible()
    speaker.locator("#at-audio").get_by_label("Clear").click()
    recording = Take(speaker, speaker.locator("#at-audio"))
    recording.goes_on(40)
    recording.ends_after(19)
