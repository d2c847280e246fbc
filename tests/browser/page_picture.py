"""The README's picture of the page: ``python -m tests.browser.page_picture OUT.png``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.page_driver import pick_example, visitor
from tests.page_server import ROOT, free_port, running

EXAMPLE = 14  # "Don't forget a jacket.", said angrily


def main(out: str) -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder, port = Path(name), free_port()
        command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        with (
            running(command, folder, port, folder) as server,
            visitor(browser, server.address, width=1120) as page,
        ):
            pick_example(page, EXAMPLE)
            page.mouse.move(0, 0)
            page.wait_for_timeout(2_000)  # what fades and slides has come to rest
            page.screenshot(path=out, full_page=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
