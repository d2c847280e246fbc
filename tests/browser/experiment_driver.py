"""What somebody does in the experiment, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.page_driver import PATIENCE_MS

SPOKEN_MS = 900


@contextmanager
def player(
    browser: Browser, address: str, query: str = "", width: int = 390, dark: bool = False
) -> Iterator[Page]:
    """Open the experiment as somebody new, with a phone in hand."""
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        page = context.new_page()
        page.goto(f"{address}/experiment{query}")
        expect(page.locator("#go")).to_have_text("Start")
        yield page
    finally:
        context.close()


def begin(page: Page) -> None:
    page.locator("#go").click()
    expect(page.locator("#round")).to_be_visible()


def look_at_mood(page: Page) -> str:
    """Uncover the mood, read it and cover it again."""
    name = page.locator("#mood-name")
    expect(name).to_have_text("•••")
    page.locator("#mood").click()
    expect(name).not_to_have_text("•••")
    mood = name.inner_text()
    page.locator("#mood").click()
    expect(name).to_have_text("•••")
    return mood


def speak(page: Page) -> None:
    page.locator("#record").click()
    expect(page.locator("#record")).to_contain_text("Stop")
    page.wait_for_timeout(SPOKEN_MS)
    page.locator("#record").click()


def guess(page: Page, mood: str | None) -> None:
    expect(page.locator("#guess")).to_be_visible()
    if mood is None:
        page.locator("#no-guess").click()
    else:
        page.locator("#guesses").get_by_role("button", name=mood, exact=True).click()
    expect(page.locator("#reveal")).to_be_visible()


def answer(page: Page, row: str) -> Locator:
    return page.locator(f"#answers dd[data-row={row}]")


def play_round(page: Page, guessed: str | None) -> str:
    mood = look_at_mood(page)
    speak(page)
    guess(page, guessed)
    return mood
