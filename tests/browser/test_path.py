"""How many tokens, in a browser: the slider lights up what a smaller selection keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from audiotok.audio import SAMPLE_RATE
from tests.browser.page_driver import open_tab, open_view, pick_example, take, upload, visitor
from tests.conftest import tone
from tests.page_server import Server

pytestmark = pytest.mark.browser
# Pixels in full colour: lines are grey, and tokens that are not kept are see-through.
LIT = """
(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const far = (i) => Math.abs(data[i] - data[i + 1]) + Math.abs(data[i + 1] - data[i + 2]);
  return data.filter((_, i) => i % 4 === 0 && data[i + 3] > 200 && far(i) > 60).length;
}
"""
STREAM_LEGEND = "#at-stream .legend"


@pytest.fixture
def page(chromium: Browser, page_server: Server) -> Iterator[Page]:
    with visitor(chromium, page_server.address) as page:
        yield page


def test_a_smaller_selection_dims_the_same_tokens_in_all_views(page: Page):
    pick_example(page, 6)
    view = open_view(page, "How many tokens", "#at-path .loaded")
    expect(view.locator(".readout")).to_contain_text("The first 60 of 60 tokens keep 70 of the 70")
    expect(view.locator(".readout")).to_contain_text("nemo 0.50 with 60")
    all_lit = view.locator(".lit").evaluate(LIT)
    view.locator(".kept").focus()
    page.keyboard.press("Home")
    expect(view.locator(".readout")).to_contain_text("The first 1 of 60 tokens")
    expect(view.locator(".readout")).to_contain_text("nemo 0.22 with 4")
    expect(view.locator(".kept")).to_have_attribute("aria-valuetext", "1 of 60")
    assert 0 < view.locator(".lit").evaluate(LIT) < all_lit / 4
    expect(page.locator(STREAM_LEGEND)).to_contain_text("not among the first 1 of the lasso's path")
    page.keyboard.press("ArrowRight")
    expect(page.locator(STREAM_LEGEND)).to_contain_text("not among the first 2")
    page.keyboard.press("End")
    expect(page.locator(STREAM_LEGEND)).not_to_contain_text("not among the first")
    page.keyboard.press("Home")
    pick_example(page, 1)  # another clip begins with all tokens
    expect(page.locator(STREAM_LEGEND)).not_to_contain_text("not among the first")
    expect(view.locator(".readout")).to_contain_text("The first 60 of 60 tokens")


def test_a_token_of_the_path_is_chosen_in_all_views_and_heard(page: Page):
    pick_example(page, 6)
    view = open_view(page, "How many tokens", "#at-path .loaded")
    view.locator(".lit").focus()
    page.keyboard.press("ArrowRight")
    expect(view.locator(".readout")).to_contain_text("on the path")
    name = view.locator(".readout").inner_text().split(" at ")[0]
    expect(page.locator("#at-stream .readout")).to_contain_text("Selected token 1 of 70")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#at-stream audio').currentTime > 0")
    open_tab(page, "What was heard")
    expect(page.locator(".at-token-card h3")).to_contain_text(name)


def test_the_path_is_taken_along(page: Page):
    pick_example(page, 6)
    open_view(page, "How many tokens", "#at-path .loaded")
    record = json.loads(take(page, "path", "json").path().read_text(encoding="utf-8"))
    assert len(record["path"]) == 60
    assert record["path"][-1]["n_kept"] == 70
    assert take(page, "path", "csv").path().read_text(encoding="utf-8").startswith("rank,token,")
    assert "Macro-F1" in take(page, "path", "svg").path().read_text(encoding="utf-8")
    assert take(page, "path", "png").path().read_bytes().startswith(b"\x89PNG")


def test_a_clip_without_selected_tokens_has_the_scores_alone(page: Page, tmp_path: Path):
    path = tmp_path / "quiet.wav"
    soundfile.write(path, 0.001 * tone(1.0), SAMPLE_RATE)
    upload(page, path)
    view = open_view(page, "How many tokens", "#at-path .loaded")
    expect(view.locator(".told")).to_have_text(
        "None of the 60 selected tokens sounds in this clip."
    )
    view.locator(".kept").focus()
    page.keyboard.press("Home")
    expect(view.locator(".readout")).to_contain_text("keep 0 of the 0")
    open_view(page, "Map of embeddings", "#at-embeddings .loaded")
    expect(page.locator("#at-embeddings .told")).to_contain_text("0 of the 60 audio tokens")


def test_an_older_bundle_is_one_sentence_and_the_rest_works(page: Page):
    page.get_by_role("radio", name="sentiment").check()
    pick_example(page, 6)
    for title, name, said in (
        ("How many tokens", "path", "does not say in which order the lasso took its tokens"),
        ("Map of embeddings", "embeddings", "has no file 'embedding_map.json'"),
    ):
        open_tab(page, title)
        refusal = page.locator(f"#at-{name}-refusal [role=alert]")
        expect(refusal).to_contain_text(said)
        expect(page.locator(f"#at-{name} .loaded")).to_be_hidden()
    open_view(page, "What decided", ".at-parts")


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_shows_both_views_without_scrolling_sideways(
    chromium: Browser, page_server: Server, dark: bool
):
    with visitor(chromium, page_server.address, width=390, dark=dark) as page:
        pick_example(page, 6)
        for title, view in (
            ("How many tokens", "#at-path"),
            ("Map of embeddings", "#at-embeddings"),
        ):
            box = open_view(page, title, f"{view} .loaded").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
