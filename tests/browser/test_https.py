"""``--https`` as a phone in the room meets it: another machine's address, and a microphone."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from audiotok.audio import SAMPLE_RATE
from audiotok.ui.reach import machine_addresses
from tests.browser.experiment_driver import begin, play_round
from tests.browser.page_driver import PATIENCE_MS, microphone_that_plays, record, sentence
from tests.page_server import Server, fake_page_at, free_port
from tests.sounds import spoken

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def school(launch: Callable[..., Browser], tmp_path_factory) -> Iterator[tuple[Browser, Server]]:
    """Phones with microphones, and a page that is served with a certificate of its own."""
    if not machine_addresses():
        pytest.skip("This machine is in no network.")
    folder: Path = tmp_path_factory.mktemp("school")
    soundfile.write(folder / "heard.wav", spoken(3.0), SAMPLE_RATE)
    browser = launch(args=microphone_that_plays(folder / "heard.wav"))
    with fake_page_at(folder, free_port(), "emotion", certificates=folder) as server:
        yield browser, server
    browser.close()


@contextmanager
def phone(browser: Browser) -> Iterator[Page]:
    """A phone whose owner accepts the certificate."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, ignore_https_errors=True
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context.new_page()
    finally:
        context.close()


def test_a_phone_records_at_this_machines_address(school: tuple[Browser, Server]):
    browser, server = school
    with phone(browser) as page:
        page.goto(f"https://{machine_addresses()[0]}:{server.port}/")
        expect(page.locator("#at-analyse")).to_be_visible()
        assert page.evaluate("window.isSecureContext && Boolean(navigator.mediaDevices)")
        expect(page.locator("#at-insecure")).to_be_hidden()
        record(page)
        expect(sentence(page)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_teacher_at_the_machine_gives_phones_a_link_under_which_they_record(
    school: tuple[Browser, Server],
):
    browser, server = school
    with phone(browser) as teacher, phone(browser) as student:
        teacher.goto(f"{server.address}/board")
        teacher.locator("#open").click()
        link = teacher.locator("#link")
        address = re.escape(f"https://{machine_addresses()[0]}:{server.port}/experiment?class=")
        expect(link).to_have_text(re.compile(address))
        expect(teacher.locator("#reach")).to_be_hidden()  # nothing to warn of
        student.goto(link.inner_text())
        expect(student.locator("#in-class")).to_be_visible()
        begin(student)
        play_round(student, "happy")
        expect(teacher.locator("#count")).to_have_text("1 round")


def test_a_browser_that_trusts_nobody_asks_first(school: tuple[Browser, Server], tmp_path: Path):
    """The certificate is this machine's own, so no browser takes it unasked."""
    browser, server = school
    context = browser.new_context()
    with pytest.raises(Exception, match="ERR_CERT_AUTHORITY_INVALID"):
        context.new_page().goto(server.address)
    context.close()
    pem = ssl.get_server_certificate(("127.0.0.1", server.port))
    assert pem.startswith("-----BEGIN CERTIFICATE-----")
