"""The map of embeddings in a browser: read, driven by mouse and keyboard, one selection."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.page_driver import open_tab, open_view, pick_example, take, visitor
from tests.page_server import Server

pytestmark = pytest.mark.browser
INK = """
(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, i) => i % 4 === 3 && value > 0).length;
}
"""


@pytest.fixture
def page(chromium: Browser, page_server: Server) -> Iterator[Page]:
    with visitor(chromium, page_server.address) as page:
        pick_example(page, 6)
        yield page


def opened(page: Page) -> Locator:
    return open_view(page, "Map of embeddings", "#at-embeddings .loaded")


def test_the_keyboard_moves_among_the_clips_tokens_and_hears_one(page: Page):
    view = opened(page)
    expect(view.locator(".told")).to_contain_text("39 of the 60 audio tokens sound in this clip")
    view.locator(".roll").focus()
    page.keyboard.press("ArrowRight")
    readout = view.locator(".readout")
    expect(readout).to_contain_text("times in this clip")
    first = readout.inner_text()
    page.keyboard.press("ArrowRight")
    expect(readout).not_to_have_text(first)
    page.keyboard.press("ArrowLeft")
    expect(readout).to_have_text(first)
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#at-stream audio').currentTime > 0")


def test_a_token_that_is_clicked_is_chosen_in_all_views(page: Page):
    view = opened(page)
    plane, readout = view.locator(".plane"), view.locator(".readout")
    view.locator(".roll").focus()
    page.keyboard.press("ArrowRight")
    leftmost = readout.inner_text()
    page.keyboard.press("ArrowRight")
    expect(readout).not_to_have_text(leftmost)
    box = plane.bounding_box()
    # Tokens lie on a circle that touches top and bottom; this is its left end.
    across = (box["width"] - (box["height"] - 52)) / 2 + 2
    plane.click(position={"x": across, "y": box["height"] / 2})
    expect(readout).to_contain_text("speaks for")
    name = readout.inner_text().split(" speaks")[0]
    open_tab(page, "What was heard")
    expect(page.locator(".at-token-card h3")).to_contain_text(name)


def test_a_token_chosen_in_the_stream_is_chosen_on_the_map(page: Page):
    page.locator("#at-stream .roll").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".at-token-card")).to_be_visible()
    name = page.locator(".at-token-card code").inner_text()
    expect(opened(page).locator(".readout")).to_contain_text(name)


def test_words_and_others_can_be_hidden_and_the_map_zoomed(page: Page):
    view = opened(page)
    plane = view.locator(".plane")
    before = plane.evaluate(INK)
    view.get_by_label("words").uncheck()
    fewer = plane.evaluate(INK)
    assert fewer < before
    view.get_by_label("tokens that this clip lacks").uncheck()
    assert plane.evaluate(INK) < fewer
    width = plane.bounding_box()["width"]
    view.get_by_role("button", name="Zoom in").click()
    assert plane.bounding_box()["width"] == pytest.approx(1.5 * width, rel=0.01)
    view.locator(".roll").focus()
    page.keyboard.press("-")
    assert plane.bounding_box()["width"] == pytest.approx(width, rel=0.01)


def test_the_map_is_taken_along(page: Page):
    opened(page)
    record = json.loads(take(page, "embeddings", "json").path().read_text(encoding="utf-8"))
    assert sum(bool(each["starts_s"]) for each in record["tokens"]) == 39
    table = take(page, "embeddings", "csv").path().read_text(encoding="utf-8")
    assert table.count("\ntoken,") == 60
    assert "happy" in take(page, "embeddings", "svg").path().read_text(encoding="utf-8")


def test_a_card_is_taken_along(page: Page):
    expect(page.locator("#at-card-png")).to_be_hidden()
    page.locator("#at-stream .roll").focus()
    page.keyboard.press("ArrowRight")
    name = page.locator(".at-token-card code").inner_text()
    record = json.loads(take(page, "card", "json").path().read_text(encoding="utf-8"))
    assert record["token"] == name
    assert "Weight for each class" in take(page, "card", "svg").path().read_text(encoding="utf-8")
    assert take(page, "card", "png").path().read_bytes().startswith(b"\x89PNG")
    pick_example(page, 1)
    expect(page.locator("#at-card-png")).to_be_hidden()
