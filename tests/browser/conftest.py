"""One Chromium for all browser tests; where there is none they skip, and CI fails.

It ends with them: while Playwright lives, an event loop runs in the thread of the tests, and code
of other tests that starts one there fails.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.page_server import Server, fake_page


@pytest.fixture(scope="package")
def launch() -> Iterator[Callable[..., Browser]]:
    """Start Debian's Chromium, headless; what Playwright's ``launch`` takes goes on top."""
    path = shutil.which("chromium")
    if not path:
        missing = "Browser tests need Chromium (apt install chromium)."
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with sync_playwright() as playwright:
        yield partial(playwright.chromium.launch, executable_path=path)


@pytest.fixture(scope="package")
def chromium(launch: Callable[..., Browser]) -> Iterator[Browser]:
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def page_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page with the fake classifier, in a process of its own."""
    with fake_page(tmp_path_factory.mktemp("page")) as server:
        yield server
