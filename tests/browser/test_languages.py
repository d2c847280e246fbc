"""The page, the experiment and the guide in Spanish, on a screen, a phone and paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.page_driver import open_tab, pick_example, visitor
from tests.page_server import Server

pytestmark = pytest.mark.browser
SPANISH = "La frase escrita parece neutral; con la voz suena alegre."
STEPS = ("numbers now", "are kept", "sounds are words", "The words alone read neutral")


@contextmanager
def reader(browser: Browser, address: str, locale: str, width: int = 1280) -> Iterator[Page]:
    """Somebody whose browser speaks a language."""
    context = browser.new_context(locale=locale, viewport={"width": width, "height": 844})
    try:
        page = context.new_page()
        page.goto(address)
        yield page
    finally:
        context.close()


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_two_browsers_at_once_read_two_languages(chromium: Browser, page_server: Server):
    address = page_server.address
    with reader(chromium, address, "es-ES") as spanish, reader(chromium, address, "en-GB") as other:
        for page in (spanish, other):
            page.locator("#at-examples button").nth(1).click()
        expect(spanish.locator(".at-sentence")).to_have_text(SPANISH)
        expect(other.locator(".at-sentence")).to_contain_text("The words alone read neutral")
        expect(spanish.get_by_role("button", name="Limpiar")).to_be_visible()  # Gradio's own word
        expect(spanish.locator("#at-stream .readout")).to_contain_text("leídos por el modelo")
        assert spanish.evaluate("document.documentElement.lang") == "es"
        assert other.evaluate("document.documentElement.lang") == "en"


def test_the_switch_turns_the_page_and_all_that_it_links(chromium: Browser, page_server: Server):
    with reader(chromium, page_server.address, "en-US", width=390) as page:
        page.get_by_role("link", name="Español").click()
        expect(page.locator("#at-analyse")).to_have_text("Analizar")
        page.locator("#at-examples button").nth(1).click()
        expect(page.locator(".at-sentence")).to_have_text(SPANISH)
        assert fits(page)
        page.get_by_role("link", name="Guía docente").click()
        expect(page.get_by_role("heading", name="Qué no hay que concluir")).to_be_visible()
        assert fits(page)
        page.get_by_role("link", name="El experimento").click()
        expect(page.locator("#go")).to_have_text("Empezar")
        expect(page.get_by_text("La cena es a las siete.")).to_be_visible()
        assert fits(page)
        page.get_by_role("link", name="English").click()
        expect(page.locator("#go")).to_have_text("Start")


def test_the_verdict_of_spanish_words_is_marked(chromium: Browser, page_server: Server):
    with reader(chromium, f"{page_server.address}/?lang=es", "en-US") as page:
        page.locator("#at-examples button").nth(1).click()
        expect(page.locator(".at-sentence")).to_have_text(SPANISH)
        assert "Palabras solas *" not in page.locator(".at-badges").inner_text()
        page.locator("#at-text textarea").fill("La cena es a las siete.")
        page.locator("#at-analyse").click()
        expect(page.locator(".at-badges")).to_contain_text("Palabras solas *")
        expect(page.locator("#at-verdict")).to_contain_text("apenas entiende español")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_lesson_of_four_steps_on_ones_own_clip(
    chromium: Browser, page_server: Server, width: int
):
    with visitor(chromium, f"{page_server.address}/?lang=en", width) as page:
        pick_example(page)
        open_tab(page, "How it works")
        for number, told in enumerate(STEPS, start=1):
            shown = page.locator(".at-step:visible")
            expect(shown.locator(".at-told")).to_contain_text(told)
            assert fits(page)
            if number < len(STEPS):
                page.get_by_role("button", name="Next").locator("visible=true").click()
        assert page.locator(".at-codes td").count() > 0


@pytest.mark.parametrize("code", ["en", "es"])
def test_the_guide_is_one_sheet_of_paper(chromium: Browser, page_server: Server, code: str):
    with reader(chromium, f"{page_server.address}/guide?lang={code}", "en-US") as page:
        pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
