"""The experiment on a phone with a microphone, and what may go wrong in the middle."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from audiotok.audio import SAMPLE_RATE
from audiotok.experiment.texts import ENGLISH, texts_for
from tests.browser.experiment_driver import (
    answer,
    begin,
    guess,
    look_at_mood,
    play_round,
    player,
    speak,
)
from tests.browser.page_driver import microphone_that_plays
from tests.page_server import Server, fake_page_at, free_port
from tests.sounds import spoken

pytestmark = pytest.mark.browser
MOODS = {"happy", "sad", "angry", "fearful", "disgusted", "surprised"}
NOUNS = {ENGLISH[noun]: noun for noun in ("happiness", "sadness", "anger", "fear", "disgust")}
NOUNS["surprised"] = "surprise"
# Puts every microphone that is given where the test can reach it.
KEEP_MICROPHONE = """
const give = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => (window.given = await give(wanted));
"""
UNPLUG = "window.given.getTracks()[0].dispatchEvent(new Event('ended'))"


def microphone(launch: Callable[..., Browser], folder: Path, sound: np.ndarray) -> Browser:
    clip = folder / "heard.wav"
    soundfile.write(clip, sound, SAMPLE_RATE)
    return launch(args=microphone_that_plays(clip))


@pytest.fixture(scope="module")
def voice(launch: Callable[..., Browser], tmp_path_factory) -> Iterator[Browser]:
    """A browser whose microphone hears somebody speak."""
    browser = microphone(launch, tmp_path_factory.mktemp("voice"), spoken(3.0))
    yield browser
    browser.close()


@pytest.fixture
def page(voice: Browser, page_server: Server) -> Iterator[Page]:
    with player(voice, page_server.address) as page:
        yield page


def rounds_taken_along(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.locator("#take button[data-kind=csv]").click()
    return list(csv.DictReader(io.StringIO(download.value.path().read_text())))


def test_a_whole_experiment_is_played(page: Page):
    said = page.locator("#sentences input:checked").get_attribute("value")
    begin(page)
    moods = []
    for number in range(6):
        expect(page.locator("#which")).to_have_text(f"Round {number + 1} of 6")
        moods.append(play_round(page, None if number == 3 else "happy"))
        expect(answer(page, "meant")).to_have_text(moods[-1])
        expect(answer(page, "by_words")).to_contain_text(ENGLISH["unsure"])
        expect(answer(page, "by_voice")).to_contain_text("happy")
        page.locator("#next").click()
    assert set(moods) == MOODS
    closing = page.locator(".closing")
    expect(closing).to_contain_text("Chance is 1 in 6; words alone 17 %, with the voice 17 % [3–56")
    expect(page.locator(".matrix figcaption")).to_have_text(
        ["words alone", "with the voice", "you"]
    )
    rows = rounds_taken_along(page)
    assert {row["sentence"] for row in rows} == {said}
    assert [ENGLISH[row["meant"]] for row in rows] == moods
    assert [row["guessed"] for row in rows].count("happiness") == 5
    assert rows[3]["guessed"] == ""
    with page.expect_download() as download:
        page.locator("#take button[data-kind=png]").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_another_sentence_begins_anew(page: Page):
    begin(page)
    play_round(page, None)
    page.locator("#stop-early").click()
    expect(page.locator(".accuracies caption")).to_contain_text("1 round")
    page.locator("#another").click()
    page.locator("#sentences label").nth(2).click()
    begin(page)
    expect(page.locator("#sentence")).to_have_text("There is somebody at the door.")
    expect(page.locator("#which")).to_have_text("Round 1 of 6")


def test_the_neutral_voice_is_round_zero(page: Page):
    page.locator("#neutral-first").check()
    begin(page)
    expect(page.locator("#which")).to_have_text(ENGLISH["round_neutral"])
    expect(page.locator("#mood")).to_be_hidden()
    speak(page)
    expect(page.locator("#which")).to_have_text("Round 1 of 6")
    play_round(page, None)
    expect(answer(page, "by_voice")).to_contain_text("sad")  # relative to it


def test_words_that_tell_are_warned_of(page: Page):
    page.locator("#own").fill("I am so happy!")
    page.locator("#go").click()
    expect(page.locator("#warning")).to_contain_text("already read happy")
    expect(page.locator("#round")).to_be_hidden()
    page.locator("#use-anyway").click()
    expect(page.locator("#sentence")).to_have_text("I am so happy!")


def test_markup_in_a_sentence_is_said_as_it_is(page: Page):
    evil = "<img src=x onerror=document.title='owned'> Dinner."
    page.locator("#own").fill(evil)
    begin(page)
    expect(page.locator("#sentence")).to_have_text(evil)
    play_round(page, "sad")
    page.locator("#stop-early").click()
    expect(page.locator(".closing")).to_be_visible()
    assert page.title() != "owned"
    assert page.locator("main img").count() == 0


def test_a_sentence_that_is_too_long_is_one_sentence(page: Page):
    page.locator("#own").evaluate("(field) => { field.value = 'word '.repeat(400); }")
    page.locator("#go").click()
    expect(page.locator("#trouble")).to_have_text(ENGLISH["error_sentence"].format(most=200))
    page.locator("#own").fill("")
    begin(page)


def test_a_reload_or_a_turned_phone_loses_nothing(page: Page):
    begin(page)
    play_round(page, "sad")
    page.locator("#next").click()
    mood = look_at_mood(page)
    page.set_viewport_size({"width": 844, "height": 390})
    page.reload()
    expect(page.locator("#trouble")).to_have_text(ENGLISH["error_resumed"])
    expect(page.locator("#which")).to_have_text("Round 2 of 6")
    assert look_at_mood(page) == mood
    speak(page)
    expect(page.locator("#guess")).to_be_visible()
    page.reload()  # with the clip on its way
    expect(page.locator("#guess")).to_be_visible()
    guess(page, "happy")
    expect(answer(page, "meant")).to_have_text(mood)
    page.reload()  # at the reveal
    expect(answer(page, "meant")).to_have_text(mood)
    page.locator("#stop-early").click()
    expect(page.locator(".accuracies caption")).to_contain_text("2 rounds")


def test_another_language_goes_on_with_the_round(page: Page):
    begin(page)
    play_round(page, "sad")
    page.locator("#next").click()
    mood = look_at_mood(page)
    said = page.locator("#sentence").inner_text()
    page.get_by_role("link", name="Español").click()
    expect(page.locator("#which")).to_have_text("Ronda 2 de 6")
    expect(page.locator("#sentence")).to_have_text(said)
    assert look_at_mood(page) == texts_for("es")[NOUNS[mood]]
    page.locator("#stop-early").click()
    expect(page.locator(".accuracies caption")).to_contain_text("1 ronda")


def test_a_microphone_that_goes_away_is_told_and_the_round_goes_on(
    voice: Browser, page_server: Server
):
    with player(voice, page_server.address) as page:
        page.add_init_script(KEEP_MICROPHONE)
        page.reload()
        expect(page.locator("#go")).to_have_text("Start")
        begin(page)
        mood = look_at_mood(page)
        page.locator("#record").click()
        expect(page.locator("#record")).to_contain_text("Stop")
        page.evaluate(UNPLUG)
        expect(page.locator("#round-trouble")).to_have_text(ENGLISH["error_unplugged"])
        assert look_at_mood(page) == mood
        speak(page)
        guess(page, "sad")


def test_a_microphone_that_is_refused_is_told(chromium: Browser, page_server: Server):
    with player(chromium, page_server.address) as page:
        begin(page)
        look_at_mood(page)
        page.locator("#record").click()
        told = page.locator("#round-trouble")
        expect(told).to_be_visible()
        assert told.inner_text() in (ENGLISH["error_denied"], ENGLISH["error_no_microphone"])
        expect(page.locator("#record")).to_have_text("Record")


def test_silence_is_told_and_the_mood_stays(
    launch: Callable[..., Browser], page_server: Server, tmp_path: Path
):
    browser = microphone(launch, tmp_path, np.zeros(3 * SAMPLE_RATE, np.float32))
    with player(browser, page_server.address) as page:
        begin(page)
        mood = look_at_mood(page)
        speak(page)
        expect(page.locator("#round-trouble")).to_be_visible()
        expect(page.locator("#round-trouble")).not_to_contain_text("on our side")
        assert look_at_mood(page) == mood
    browser.close()


def test_a_server_that_dies_is_waited_for(voice: Browser, tmp_path: Path):
    port = free_port()
    with fake_page_at(tmp_path, port) as server, player(voice, server.address) as page:
        begin(page)
        play_round(page, "sad")
        page.locator("#next").click()
        mood = look_at_mood(page)
        server.kill()
        speak(page)
        expect(page.locator("#round-trouble")).to_have_text(ENGLISH["error_offline"])
        with fake_page_at(tmp_path, port):
            guess(page, "happy")
            expect(answer(page, "meant")).to_have_text(mood)
            expect(page.locator("#round-trouble")).to_be_hidden()
            page.locator("#stop-early").click()
            expect(page.locator(".accuracies caption")).to_contain_text("2 rounds")
