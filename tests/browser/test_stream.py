"""The token stream in a real browser: read, heard, driven by mouse, finger and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from audiotok.audio import SAMPLE_RATE, Recording
from audiotok.prediction import Prediction
from audiotok.ui.stream import stream_value, stream_view
from tests.browser.page_driver import PATIENCE_MS
from tests.fake_classifier import make_prediction, make_sequence

pytestmark = pytest.mark.browser
ODD = "<img src=x onerror=alert(1)> ${1+1}"
# Pixels above the grid that have a colour, as the accent has: all but a spectrogram is grey there.
ACCENTED = """
(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, 112);
  const far = (i) => Math.abs(data[i] - data[i + 1]) + Math.abs(data[i + 1] - data[i + 2]);
  return data.filter((_, i) => i % 4 === 0 && far(i) > 60).length;
}
"""
LENGTHS_S = {"short": 2.0, "ten seconds": 10.0, "a minute": 60.0}


def clip(seconds: float) -> Recording:
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return Recording((0.3 * np.sin(2 * np.pi * 180 * times)).astype(np.float32))


@pytest.fixture(scope="module")
def predictions() -> dict[str, Prediction]:
    """The tokens of "short" at odd places are thinned away; "odd" has a hostile class name."""
    made = {name: make_prediction(recording=clip(s)) for name, s in LENGTHS_S.items()}
    short = made["short"]
    vocabulary = replace(short.vocabulary, classes=(ODD, *short.vocabulary.classes[1:]))
    made["odd"] = replace(short, vocabulary=vocabulary)
    sequence = make_sequence("", short.selected[::2], short.vocabulary)
    return made | {"short": replace(short, sequence=sequence)}


@pytest.fixture(scope="module")
def address(predictions: dict[str, Prediction]) -> Iterator[str]:
    values = {name: stream_value(prediction) for name, prediction in predictions.items()}
    values["nothing"] = stream_value(None)
    with gr.Blocks() as app:
        chosen = gr.Radio(list(values), label="clip")
        stream = stream_view(elem_id="stream")
        chosen.change(values.get, chosen, stream)
    _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    yield url
    app.close()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield opened(context.new_page(), address)
    context.close()


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    yield opened(context.new_page(), address)
    context.close()


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    expect(page.locator("#stream .empty")).to_be_visible()
    return page


def show(page: Page, name: str) -> Locator:
    """Choose a clip and give the element that takes pointer and keys."""
    page.get_by_label(name, exact=True).check()
    seconds = LENGTHS_S.get(name, 2.0)
    expect(page.locator("#stream .clock")).to_have_text(
        f"0.00 / {seconds:.2f} s", timeout=PATIENCE_MS
    )
    return page.locator("#stream .roll")


def audio(page: Page, what: str) -> float:
    return page.locator("#stream audio").evaluate(f"audio => Number(audio.{what})")


def place_of(roll: Locator, frame: int, layer: int) -> dict[str, float]:
    """The middle of a token, where the whole clip is in view."""
    n_frames = 100
    width = roll.evaluate("roll => roll.clientWidth")
    row = 18 if width > 450 else 16
    return {"x": (frame + 0.5) * width / n_frames, "y": 124 + (layer - 0.5) * row}


def test_the_stream_counts_what_is_selected_and_read(
    page: Page, predictions: dict[str, Prediction]
) -> None:
    show(page, "short")
    short = predictions["short"]
    expect(page.locator("#stream .readout")).to_have_text(
        f"100 frames × 8 layers = 800 tokens: {short.n_selected} selected, "
        f"{short.n_used} read by the model."
    )
    expect(page.locator("#stream .legend")).to_contain_text("thinned away")
    show(page, "ten seconds")
    expect(page.locator("#stream .legend")).not_to_contain_text("thinned away")
    page.get_by_label("nothing").check()
    expect(page.locator("#stream .empty")).to_be_visible()


def test_hover_tells_layer_code_time_class_and_fate(
    page: Page, predictions: dict[str, Prediction]
) -> None:
    roll, tip = show(page, "short"), page.locator("#stream .tip")
    short = predictions["short"]
    for token, fate in ((short.selected[6], ""), (short.selected[7], "Thinned away")):
        roll.hover(position=place_of(roll, token.frame, token.layer))
        where = f"Layer {token.layer}, code {token.code}, {token.frame * 0.02:.2f} s"
        expect(tip).to_contain_text(where)
        expect(tip).to_contain_text(f"speaks for {short.vocabulary.spoken_for[token.index]}")
        expect(tip).to_contain_text(fate)
    roll.hover(position={"x": 300, "y": 50})
    expect(tip).to_contain_text("180 Hz")


def test_a_spectrogram_takes_the_place_of_the_waveform(
    page: Page, predictions: dict[str, Prediction]
) -> None:
    roll, tip = show(page, "short"), page.locator("#stream .tip")
    coloured = page.locator("#stream .still")
    before = coloured.evaluate(ACCENTED)
    page.get_by_label("spectrogram").check()
    expect(page.locator("#stream .legend")).to_contain_text("8 kHz")
    page.wait_for_function(f"({ACCENTED})(document.querySelector('#stream .still')) > {before}")
    token = predictions["short"].selected[6]
    place = place_of(roll, token.frame, token.layer)
    roll.hover(position=place | {"y": place["y"] + 46})  # it is that much taller
    expect(tip).to_contain_text(f"Layer {token.layer}, code {token.code}")
    page.get_by_label("spectrogram").uncheck()
    expect(page.locator("#stream .legend")).not_to_contain_text("8 kHz")


def test_a_click_on_a_token_plays_from_there(
    page: Page, predictions: dict[str, Prediction]
) -> None:
    roll = show(page, "short")
    token = predictions["short"].selected[20]
    roll.click(position=place_of(roll, token.frame, token.layer))
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert audio(page, "currentTime") >= token.frame * 0.02
    expect(page.locator("#stream .readout")).to_contain_text("Selected token 21 of")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()  # at the end
    assert audio(page, "currentTime") == pytest.approx(2.0, abs=0.05)


def test_the_keyboard_steps_through_tokens_and_plays(
    page: Page, predictions: dict[str, Prediction]
) -> None:
    roll, readout = show(page, "ten seconds"), page.locator("#stream .readout")
    selected = predictions["ten seconds"].selected
    roll.focus()
    for key, index in (("ArrowRight", 0), ("ArrowRight", 1), ("ArrowLeft", 0), ("End", -1)):
        page.keyboard.press(key)
        token = selected[index]
        number = index % len(selected) + 1
        expect(readout).to_contain_text(f"Selected token {number} of {len(selected)}")
        expect(readout).to_contain_text(f"layer {token.layer}, code {token.code}")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert audio(page, "paused")


def test_class_names_are_text_and_nothing_else(page: Page) -> None:
    roll = show(page, "odd")
    expect(page.locator("#stream .legend")).to_contain_text(ODD)
    roll.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    roll.hover(position={"x": 300, "y": 200})
    assert page.locator("#stream img").count() == 0


def test_a_minute_scrolls_zooms_and_follows_the_cursor(page: Page) -> None:
    roll = show(page, "a minute")
    view = "roll => [roll.scrollLeft, roll.clientWidth, roll.scrollWidth]"
    left, width, whole = roll.evaluate(view)
    assert (left, whole) == (0, 6000)
    page.get_by_role("button", name="Zoom in").click()
    assert roll.evaluate(view)[2] == 9600
    page.get_by_role("button", name="Play", exact=True).click()
    page.locator("#stream audio").evaluate("audio => { audio.currentTime = 30 }")
    page.wait_for_function("document.querySelector('#stream .roll').scrollLeft > 4000")
    page.get_by_role("button", name="Fit").click()
    assert roll.evaluate(view) == [0, width, width]


def test_a_phone_shows_the_stream_without_widening_the_page(
    phone: Page, predictions: dict[str, Prediction]
) -> None:
    show(phone, "a minute")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    roll = show(phone, "short")
    token = predictions["short"].selected[20]
    roll.tap(position=place_of(roll, token.frame, token.layer))
    expect(phone.locator("#stream .readout")).to_contain_text(f"layer {token.layer}, code")
    expect(phone.locator("#stream .tip")).to_be_hidden()


def test_the_colours_follow_the_theme(page: Page) -> None:
    show(page, "short")
    brightness = """() => {
        const canvas = document.querySelector('#stream canvas.still');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const reds = [...data].filter((_, i) => i % 4 === 0 && data[i + 3] > 200);
        return reds.reduce((sum, red) => sum + red, 0) / reds.length;
    }"""
    page.wait_for_function(f"({brightness})() > 100")
    light = page.evaluate(brightness)
    page.evaluate("document.body.classList.add('dark')")
    page.wait_for_function(f"light => ({brightness})() < light - 60", arg=light)
