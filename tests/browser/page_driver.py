"""What a visitor does with the page, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Download, Locator, Page, expect

from audiotok.ui.examples import Example, load_examples

PATIENCE_MS = 60_000  # a machine under load is slow, not broken
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
    """Click one of the examples that the page offers, and wait for its clip and words."""
    example = load_examples()[index]
    page.locator("#at-examples button").nth(index).click()
    expect(page.locator(".at-example-note").first).to_have_text(example.note)
    expect(page.locator("#at-analyse")).to_be_enabled()
    return example


def upload(page: Page, clip: Path) -> None:
    _upload(page.locator("#at-audio"), clip)
    expect(page.locator("#at-analyse")).to_be_enabled()


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
    """Arguments that give Chromium a microphone which hears a file."""
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={clip}",
    ]


def write(page: Page, text: str) -> None:
    page.locator("#at-text textarea").fill(text)


def analyse(page: Page) -> None:
    page.locator("#at-analyse").click()
    expect(page.locator(".at-verdict")).to_be_visible()


def sentence(page: Page) -> Locator:
    return page.locator(".at-sentence")


def open_attention(page: Page) -> None:
    page.get_by_role("tab", name="What it attended to").click()
    expect(page.locator(".at-attention")).to_be_visible()


def take(page: Page, view: str, format: str) -> Download:
    with page.expect_download() as download:
        page.locator(f"#at-{view}-{format}").click()
    return download.value
