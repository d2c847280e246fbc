"""The attention map in a browser: words to sounds and back, by pointer and by keyboard."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.page_driver import analyse, open_view, pick_example, take, visitor, write
from tests.page_server import Server

pytestmark = pytest.mark.browser
# Pixels of the sounds' canvas in the upper half that are painted in full colour.
TALL = """
(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height / 2);
  return data.filter((value, i) => i % 4 === 3 && value === 255).length;
}
"""

BRIGHTNESS = """
(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, value) => sum + value, 0);
}
"""


@pytest.fixture
def page(chromium: Browser, page_server: Server) -> Iterator[Page]:
    with visitor(chromium, page_server.address) as page:
        pick_example(page, 6)
        yield page


def opened(page: Page) -> Locator:
    return open_view(page, "Attention map", "#at-map .loaded")


def test_a_word_shows_the_sounds_that_it_attends_to(page: Page):
    view = opened(page)
    word = view.locator(".words button", has_text="appointment")
    assert view.locator(".sounds").evaluate(TALL) == 0
    word.focus()
    page.keyboard.press("Enter")
    expect(word).to_have_attribute("aria-pressed", "true")
    expect(view.locator(".readout")).to_contain_text("“appointment” attends to the voice with")
    assert view.locator(".sounds").evaluate(TALL) > 0


def test_a_sound_shows_the_words_that_read_it(page: Page):
    view = opened(page)
    view.locator(".sounds").focus()
    page.keyboard.press("ArrowRight")
    expect(view.locator(".readout")).to_contain_text("is read most by “")
    heat = "(buttons) => buttons.map((button) => Number(button.style.getPropertyValue('--heat')))"
    heats = view.locator(".words button").evaluate_all(heat)
    assert max(heats) == 1
    assert min(heats) < 0.9
    page.keyboard.press("ArrowRight")
    assert view.locator(".words button").evaluate_all(heat) != heats


def test_the_matrix_tells_what_is_under_the_pointer(page: Page):
    view = opened(page)
    matrix = view.locator(".matrix")
    matrix.scroll_into_view_if_needed()
    matrix.hover(position={"x": 300, "y": 300})
    expect(view.locator(".readout")).to_contain_text("attends to")
    before = view.locator(".readout").inner_text()
    view.get_by_label("markers").uncheck()
    matrix.hover(position={"x": 301, "y": 301})
    expect(view.locator(".readout")).not_to_have_text(before)
    width = matrix.bounding_box()["width"]
    view.get_by_role("button", name="Zoom in").click()
    assert matrix.bounding_box()["width"] > 1.4 * (width - 20)


def test_the_scale_can_be_logarithmic(page: Page):
    view = opened(page)
    dark = (
        "(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data"
    )
    total = f"(canvas) => ({dark})(canvas).reduce((sum, value) => sum + value, 0)"
    before = view.locator(".matrix").evaluate(total)
    view.get_by_label("logarithmic").check()
    assert view.locator(".matrix").evaluate(total) < before  # small weights are seen


def test_the_map_is_that_of_its_choosers_and_is_taken_along(page: Page):
    view = opened(page)
    view.locator(".words button", has_text="appointment").click()
    before = view.locator(".readout").inner_text()
    page.get_by_label("Layer of the map").click()
    page.get_by_role("option", name="3", exact=True).click()
    expect(view.locator(".readout")).not_to_have_text(before)
    expect(view.locator(".readout")).to_contain_text("“appointment” attends")  # the same is chosen
    record = json.loads(take(page, "map", "json").path().read_text(encoding="utf-8"))
    assert (record["layer"], record["head"], record["n_heads"]) == (3, None, 3)
    n = len(record["tokens"])
    assert record["weights"]["shape"] == [n, n]
    assert take(page, "map", "png").path().read_bytes().startswith(b"\x89PNG")


def test_without_words_there_are_still_sounds(page: Page):
    view = opened(page)
    write(page, "")
    analyse(page)
    expect(view.locator(".words")).to_have_text("There are no words.")
    view.locator(".sounds").focus()
    page.keyboard.press("ArrowLeft")
    expect(view.locator(".readout")).to_contain_text("there are no words to read it")


def test_a_token_chosen_in_the_stream_is_chosen_in_the_map(page: Page):
    page.locator("#at-stream .roll").focus()
    page.keyboard.press("ArrowRight")
    said = page.locator("#at-stream .readout").inner_text()
    view = opened(page)
    expect(view.locator(".readout")).to_contain_text("is read most by")
    time = view.locator(".readout").inner_text().split(" at ")[1].split(" s")[0]
    assert f"at {time} s" in said


def test_every_layer_and_head_is_seen_and_one_is_opened(page: Page):
    view = opened(page)
    pictures = page.locator("#at-model button")
    expect(pictures).to_have_count(4 * 3)  # layers and heads
    seen = {picture.evaluate(BRIGHTNESS) for picture in page.locator("#at-model canvas").all()}
    assert len(seen) == 12  # none is like another
    view.locator(".words button", has_text="appointment").click()
    before = view.locator(".readout").inner_text()
    page.locator("#at-model").get_by_role("button", name="Layer 2, head 3").click()
    expect(view.locator(".readout")).not_to_have_text(before)
    expect(page.get_by_label("Layer of the map")).to_have_value("2")
    opened_one = page.locator("#at-model button[aria-pressed=true]")
    expect(opened_one).to_have_attribute("data-at", "2:3")
    opened_one.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(opened_one).to_have_attribute("data-at", "3:3")
    record = json.loads(take(page, "map", "json").path().read_text(encoding="utf-8"))
    assert (record["layer"], record["head"]) == (3, 3)
    assert take(page, "model", "png").path().read_bytes().startswith(b"\x89PNG")
