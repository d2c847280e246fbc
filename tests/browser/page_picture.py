"""The README's pictures of the page.

``python -m tests.browser.page_picture OUT.png`` takes the whole page; ``--tab "What decided" --part
"#at-moments"`` what moments do.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.page_driver import open_tab, pick_example, visitor
from tests.page_server import ROOT, free_port, running

EXAMPLE = 14  # "Don't forget a jacket.", said angrily
WIDTH = 1120
REST_MS = 5_000  # what loads, fades and slides has come to rest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tab", help="title of a tab to open first")
    parser.add_argument("--part", default="body", help="CSS selector of what is taken")
    parser.add_argument("--example", type=int, default=EXAMPLE, help="its place, from 0")
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder, port = Path(name), free_port()
        command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        with (
            running(command, folder, port, folder) as server,
            visitor(browser, server.address, options.width, options.dark) as page,
        ):
            pick_example(page, options.example)
            if options.tab:
                open_tab(page, options.tab)
            page.mouse.move(0, 0)
            page.wait_for_timeout(REST_MS)
            part = page.locator(options.part).first
            part.scroll_into_view_if_needed()
            part.screenshot(path=options.out)
        browser.close()


if __name__ == "__main__":
    main()
