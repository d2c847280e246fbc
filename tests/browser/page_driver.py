"""What a visitor does with the page, step by step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Download, Locator, Page, TimeoutError, expect

from audiotok.ui.examples import Example, load_examples

PATIENCE_MS = 60_000  # a machine under load is slow, not broken
TRY_MS = 5_000
expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def visitor(
    browser: Browser, address: str, width: int = 1280, dark: bool = False
) -> Iterator[Page]:
    """Open the page as somebody new."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        page = context.new_page()
        page.goto(address)
        expect(page.locator("#at-analyse")).to_be_visible()
        yield page
    finally:
        context.close()


def pick_example(page: Page, index: int = 1) -> Example:
    """Click one of the examples that the page offers, and wait for its clip, words and verdict."""
    example = load_examples()[index]
    page.locator("#at-examples button").nth(index).click()
    expect(page.locator(".at-example-note").first).to_contain_text(example.note)
    expect(page.locator("#at-text textarea")).to_have_value(example.text)
    expect_answer(page)
    return example


def upload(page: Page, clip: Path) -> None:
    """Upload a clip and wait for what is said of it, which comes by itself."""
    _upload(page.locator("#at-audio"), clip)
    expect_answer(page)


def expect_answer(page: Page) -> None:
    """Wait until the page has said something of what it was last asked."""
    expect(page.locator("#at-analyse")).to_be_enabled()
    expect(page.locator("#at-verdict").locator(".at-verdict, [role=alert]")).to_be_visible()


def record(page: Page, seconds: float = 2.0, recorder: str = "#at-audio") -> None:
    """Press Record, speak, press Stop."""
    page.locator(f"{recorder} .record-button").click()
    expect(page.locator(f"{recorder} .stop-button")).to_be_visible()
    page.wait_for_timeout(1_000 * seconds)
    page.locator(f"{recorder} .stop-button").click()


def leave_alone(page: Page) -> None:
    """Turn the switch off, so that nothing is analysed unless it is asked for."""
    page.locator("#at-by-itself input").uncheck()


def unfold_neutral_voice(page: Page) -> Locator:
    """Unfold the second recorder and give it."""
    page.get_by_role("button", name="Your neutral voice").click()
    recorder = page.locator("#at-reference")
    expect(recorder).to_be_visible()
    return recorder


def upload_reference(page: Page, clip: Path) -> None:
    _upload(unfold_neutral_voice(page), clip)
    expect_reference(page)


def expect_reference(page: Page, there: bool = True) -> None:
    """Wait until the page says that there is a reference, or none."""
    said = "Your neutral voice: in use" if there else "Your neutral voice (optional)"
    expect(page.locator("#at-neutral-voice")).to_contain_text(said)
    expect(page.locator("#at-remove-neutral")).to_be_visible(visible=there)


def _upload(recorder: Locator, clip: Path) -> None:
    recorder.get_by_role("button", name="Upload file").click()
    recorder.locator("input[type=file]").set_input_files(clip)


def microphone_that_plays(clip: Path) -> list[str]:
    """Arguments that give Chromium a microphone which hears a file over and over."""
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={clip}",
    ]


def write(page: Page, text: str) -> None:
    page.locator("#at-text textarea").fill(text)


def analyse(page: Page) -> None:
    """Press Analyse and wait for a verdict other than the one that stood there."""
    page.evaluate("document.querySelectorAll('.at-verdict').forEach(old => old.dataset.old = '')")
    page.locator("#at-analyse").click()
    expect(page.locator(".at-verdict:not([data-old])")).to_be_visible()


def sentence(page: Page) -> Locator:
    return page.locator(".at-sentence")


def open_tab(page: Page, title: str) -> None:
    """Open a tab, from the menu of the others where the page is too narrow to show it.

    A tab may move into that menu while the page is laid out, so it is tried again.
    """
    patience = time.monotonic() + PATIENCE_MS / 1_000
    while True:
        try:
            return _click_tab(page, title)
        except TimeoutError:
            if time.monotonic() > patience:
                raise


def _click_tab(page: Page, title: str) -> None:
    menu = page.locator(".overflow-menu")
    shown = page.get_by_role("tab", name=title)
    among_others = menu.locator(".overflow-dropdown button", has_text=title)
    expect(shown.or_(among_others).first).to_be_attached()
    if shown.count():
        shown.click(timeout=TRY_MS)
    else:
        menu.locator("> button").click(timeout=TRY_MS)
        among_others.click(timeout=TRY_MS)


def open_attention(page: Page) -> None:
    open_tab(page, "What it attended to")
    expect(page.locator(".at-attention")).to_be_visible()


def open_view(page: Page, title: str, shown: str) -> Locator:
    """Open the tab of a view and wait for it."""
    open_tab(page, title)
    view = page.locator(shown)
    expect(view).to_be_visible()
    return view


def take(page: Page, view: str, format: str) -> Download:
    with page.expect_download() as download:
        page.locator(f"#at-{view}-{format}").click()
    return download.value
