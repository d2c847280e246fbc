"""The views of why in a browser: what decided, and how it got there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from audiotok.audio import SAMPLE_RATE
from tests.browser.page_driver import analyse, open_view, pick_example, take, upload, visitor, write
from tests.conftest import tone
from tests.page_server import Server

pytestmark = pytest.mark.browser
MOMENT = "#at-moments button.at-most"
WITHOUT_PARTS = ".at-ablation[aria-busy=false]"  # layers and words, which are asked after moments
CURSOR_S = "document.querySelector('#at-stream audio').currentTime"


@pytest.fixture
def page(chromium: Browser, page_server: Server) -> Iterator[Page]:
    with visitor(chromium, page_server.address) as page:
        yield page


def test_the_moment_that_did_most_is_named_and_heard(page: Page):
    pick_example(page, 6)
    view = open_view(page, "What decided", ".at-moments")
    said = view.locator("h2").inner_text()
    start_s = float(re.search(r"The 200 ms from (\d\.\d\d) s on do most for happiness", said)[1])
    assert float(page.locator(MOMENT).get_attribute("data-from")) == pytest.approx(start_s)
    page.locator(MOMENT).focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"{CURSOR_S} > {start_s}")
    page.wait_for_function("document.querySelector('#at-stream audio').paused")
    assert start_s + 0.15 < page.evaluate(CURSOR_S) < start_s + 0.5


def test_nothing_moves_while_a_view_is_waited_for(page: Page):
    pick_example(page, 6)
    page.route("**/queue/data*", lambda answer: None)  # which never comes
    page.get_by_role("tab", name="What decided").click()
    picture = page.locator("#at-moments [data-testid=status-tracker] svg")
    expect(picture).to_have_count(1)
    expect(picture).to_be_hidden()


def test_the_parts_add_up_to_what_is_shown(page: Page):
    pick_example(page, 6)
    view = open_view(page, "What decided", ".at-parts")
    rows = view.locator("tr")
    expect(rows.last).to_contain_text("78%")
    record = json.loads(take(page, "parts", "json").path().read_text(encoding="utf-8"))
    shown = [row.split("\t")[-1].replace("−", "-") for row in rows.all_inner_texts()[:-1]]
    happiness = record["labels"][0]
    assert sum(map(float, shown)) == pytest.approx(happiness["log_odds"], abs=0.03)


def test_another_label_is_explained_and_taken_along(page: Page):
    pick_example(page, 6)
    open_view(page, "What decided", WITHOUT_PARTS)
    page.get_by_role("radio", name="fear").check()
    expect(page.locator(".at-moments h2")).to_contain_text("fear")
    expect(page.locator(".at-moments")).to_contain_text("One seed was asked")
    expect(page.locator(WITHOUT_PARTS)).to_contain_text("percentage points of fear")
    expect(page.locator(".at-parts h2")).to_contain_text("fear")
    assert "fear" in take(page, "moments", "svg").path().read_text(encoding="utf-8")
    assert take(page, "moments", "csv").path().read_text(encoding="utf-8").count("step,") > 5


def test_an_open_view_follows_the_next_analysis(page: Page):
    pick_example(page, 6)
    view = open_view(page, "What decided", WITHOUT_PARTS)
    expect(view.locator(".at-effects tr").last).to_contain_text("words")
    write(page, "")
    analyse(page)
    expect(view.locator(".at-effects tr").last).to_contain_text("Whisper's encoder")


def test_the_same_words_are_heard_in_a_flat_voice(page: Page):
    pick_example(page, 6)
    view = open_view(page, "What decided", ".at-flat")
    expect(view.locator("h2")).to_contain_text("With flat pitch and energy the verdict")
    own = view.locator("tr[data-label=happiness] .at-voice .at-number")
    expect(own).to_have_text("78 %")
    record = json.loads(take(page, "flat", "json").path().read_text(encoding="utf-8"))
    flat = view.locator("tr[data-label=happiness] .at-words .at-number")
    expect(flat).to_have_text(f"{100 * record['probabilities']['happiness']:.0f} %")


@pytest.fixture
def quiet_clip(tmp_path: Path) -> Path:
    """A clip in which none of the selected tokens sounds."""
    path = tmp_path / "quiet.wav"
    soundfile.write(path, 0.001 * tone(1.0), SAMPLE_RATE)
    return path


def test_without_selected_tokens_only_the_moments_are_refused(page: Page, quiet_clip: Path):
    upload(page, quiet_clip)
    page.get_by_role("tab", name="What decided").click()
    expect(page.locator("#at-moments [role=alert]")).to_contain_text("nothing of the voice")
    expect(page.locator(".at-ablation")).to_have_count(0)
    expect(page.locator(".at-parts")).to_be_visible()


def test_the_flow_is_followed_and_cut(page: Page):
    pick_example(page, 6)
    view = open_view(page, "How it flowed", ".at-flow")
    expect(view.locator("h2")).to_contain_text(re.compile(r"\d+% comes from the voice"))
    expect(view.locator("path.at-ribbon")).to_have_count(4 * 9)  # layers, and pairs of groups
    cut = page.locator(".at-knockout")
    expect(cut.locator("tbody tr")).to_have_count(3)
    expect(cut.locator("thead th")).to_have_text(["cut from", "1", "2", "3", "4", "all"])
    page.locator("#at-knockout").scroll_into_view_if_needed()
    page.get_by_role("radio", name="anger").check()
    expect(cut.locator("h2")).to_contain_text("anger")
    flow = json.loads(take(page, "flow", "json").path().read_text(encoding="utf-8"))
    assert sum(flow["origins"][-1]) == pytest.approx(1, abs=1e-4)
    assert "anger" in take(page, "knockout", "svg").path().read_text(encoding="utf-8")


def test_without_selected_tokens_the_flow_is_shown_and_the_cut_refused(
    page: Page, quiet_clip: Path
):
    upload(page, quiet_clip)
    open_view(page, "How it flowed", ".at-flow")
    expect(page.locator("#at-knockout [role=alert]")).to_contain_text("no attention goes")
