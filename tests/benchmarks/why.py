"""What a visitor waits for who asks why, in seconds, beside the goals.

``python -m tests.benchmarks.why`` opens the page as it ships in a real browser, analyses a clip of
5 s and one of 60 s with 2,000 characters, and opens each view of both once it has opened them of
another clip. A view's time is that from the click until it stands there; *in full* until what it
fills in afterwards, below that, stands there too.
``--seconds 5`` measures one clip only, ``--rounds`` more often (medians), ``--bundle`` a model of
your own, ``--fake`` the tests' classifier, which shows what the page alone costs.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import soundfile
from playwright.sync_api import Page, expect, sync_playwright

from audiotok.audio import SAMPLE_RATE, read_audio
from audiotok.ui.answers import MAX_CHARACTERS
from tests.browser.page_driver import analyse, leave_alone, open_tab, visitor, write
from tests.clips import HAPPY
from tests.page_server import ROOT, Server, fake_page, free_port, running

TEXT = "I will be there in ten minutes. "
WARMING_S = 3
SHORT_S, GOALS_S = 10, (1.0, 3.0)  # up to that long a clip has the first goal
PATIENCE_MS = 600_000
REFUSED = "[role=alert]"

Open = Callable[[Page], None]


@dataclass(frozen=True)
class View:
    """A view of the page.

    Attributes
    ----------
    open : opens it and waits until it stands there.
    fill : waits for what it fills in later; None where that is nothing.
    then : leaves it.
    """

    name: str
    open: Open
    fill: Open | None = None
    then: Open = lambda page: None


def stands(page: Page, selector: str, text: str = "") -> None:
    """Wait until an element is seen that holds a text.

    The browser looks every 30 ms: at every frame it would draw without a pause, on a core that the
    models could use, and Playwright's own waiting looks but twice a second in the end.
    """
    page.wait_for_function(
        "([selector, text]) => [...document.querySelectorAll(selector)].some("
        "(each) => each.checkVisibility() && each.textContent.includes(text))",
        arg=[selector, text],
        polling=30,
        timeout=PATIENCE_MS,
    )


def tab(title: str, shown: str, refused: str | None = None) -> View:
    """A view in a tab of its own, which is there once an element is, or the refusal of one."""

    def open_(page: Page) -> None:
        open_tab(page, title)
        stands(page, f"{shown}, {refused} {REFUSED}" if refused else shown)

    return View(title, open_)


def version(name: str) -> View:
    """A version of the clip, decoded from some of its tokens."""

    def hear(page: Page) -> None:
        page.locator("#at-hear").get_by_role("radio", name=name, exact=True).click()
        stands(page, "#at-hear .said", "Heard")

    def again(page: Page) -> None:
        page.locator("#at-hear").get_by_role("radio", name="original").click()
        expect(page.locator("#at-hear .said")).to_have_text("")

    return View(f"hear {name}", hear, then=again)


def card(page: Page) -> None:
    page.locator("#at-stream .roll").focus()
    page.keyboard.press("ArrowRight")
    stands(page, ".at-token-card")


def knockout(page: Page) -> None:
    stands(page, f".at-knockout, #at-knockout {REFUSED}")


def takes(page: Page) -> None:
    for place in (0, 1):
        page.locator("#at-takes .card").nth(place).locator(".chosen").click()
    stands(page, "#at-compared .at-side ~ .at-side h3")


def swap(page: Page) -> None:
    page.locator("#at-swap-go").click()
    stands(page, "#at-swap .at-square")


IN_FIRST_TAB = (
    version("all layers"),
    version("layer 1"),
    version("only the selected"),
    View("a token's card", card),
)
TABS = (
    tab("How it works", "#at-lesson h2"),
    # Moments and parts come together, layers, words and a flat voice after them.
    replace(tab("What decided", ".at-parts"), fill=lambda page: stands(page, ".at-flat")),
    replace(tab("How it flowed", ".at-flow", "#at-flow"), fill=knockout),
    tab("What it attended to", ".at-attention"),
    tab("Attention map", "#at-map .loaded"),  # with the model view
    tab("How many tokens", "#at-path .loaded", "#at-path-refusal"),
    tab("Map of embeddings", "#at-embeddings .loaded", "#at-embeddings-refusal"),
)
TAKES = (View("two takes side by side", takes), View("words and voices swapped", swap))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, nargs="+", default=[5.0, 60.0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--bundle", help="folder or hub id instead of what ships")
    parser.add_argument("--fake", action="store_true", help="without a model")
    options = parser.parse_args()
    expect.set_options(timeout=PATIENCE_MS)
    found: dict[float, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        clips = {s: clip_of(s, folder) for s in (WARMING_S, *options.seconds)}
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        with served(folder, options.bundle, options.fake) as server:
            for _ in range(options.rounds):
                with visitor(browser, server.address) as page:
                    page.set_default_timeout(PATIENCE_MS)
                    leave_alone(page)
                    opened(page, clips[WARMING_S], TEXT)
                    for seconds in options.seconds:
                        for view, taken in opened(page, clips[seconds], text_for(seconds)).items():
                            found.setdefault(seconds, {}).setdefault(view, []).append(taken)
        browser.close()
    print(table(found))


@contextmanager
def served(folder: Path, bundle: str | None, fake: bool) -> Iterator[Server]:
    """The page in a process of its own."""
    if fake:
        with fake_page(folder) as server:
            yield server
        return
    port = free_port()
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
    command += ["--bundle", bundle] if bundle else []
    with running(command, folder, port, folder) as server:
        yield server


def clip_of(seconds: float, folder: Path) -> Path:
    """A clip that says the same again and again."""
    path = folder / f"{seconds:g}.wav"
    samples = np.resize(read_audio(HAPPY).samples, round(seconds * SAMPLE_RATE))
    soundfile.write(path, samples, SAMPLE_RATE)
    return path


def text_for(seconds: float) -> str:
    """A sentence, or for a long clip as many characters as are read."""
    return TEXT if seconds <= SHORT_S else (TEXT * MAX_CHARACTERS)[:MAX_CHARACTERS]


def opened(page: Page, clip: Path, text: str) -> dict[str, float]:
    """Analyse a clip and return the seconds that each view of it takes."""
    if (clear := page.locator("#at-audio").get_by_role("button", name="Clear")).count():
        clear.click()
    upload_silently(page, clip)
    write(page, text.strip())
    analyse(page)
    expect(page.locator(".at-parts")).to_have_count(0)  # what was of the clip before is gone
    taken = {}
    for view in (*IN_FIRST_TAB, *TABS):
        if view in IN_FIRST_TAB:
            open_tab(page, "What was heard")
        taken[view.name] = timed(lambda view=view: view.open(page))
        if view.fill:
            filled = timed(lambda view=view: view.fill(page))
            taken[f"{view.name}, in full"] = taken[view.name] + filled
        view.then(page)
    open_tab(page, "What was heard")
    if page.locator("#at-takes .card").count() > 1:
        for view in TAKES:
            taken[view.name] = timed(lambda view=view: view.open(page))
        for place in (0, 1):  # none is chosen for the next clip
            page.locator("#at-takes .card").nth(place).locator(".chosen").click()
    return taken


def upload_silently(page: Page, clip: Path) -> None:
    """Upload a clip that nobody asks about yet."""
    recorder = page.locator("#at-audio")
    recorder.get_by_role("button", name="Upload file").click()
    recorder.locator("input[type=file]").set_input_files(clip)
    expect(page.locator("#at-analyse")).to_be_enabled()


def timed(work: Callable[[], object]) -> float:
    """Return the wall-clock seconds of some work."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def table(found: dict[float, dict[str, list[float]]]) -> str:
    """Return medians as text, a row a view; ``!`` marks those that miss the goal."""
    goals = {seconds: GOALS_S[seconds > SHORT_S] for seconds in found}
    header = [f"{'view':26}", *(f"{s:>5g} s (goal {goal:g} s)" for s, goal in goals.items())]
    lines = ["  ".join(header)]
    for view in next(iter(found.values())):
        cells = [f"{view:26}"]
        for seconds, goal in goals.items():
            taken, width = median(found[seconds][view]), len(header[len(cells)])
            missed = "!" if taken > goal else " "
            cells.append(f"{taken:>{width - 2}.2f} {missed}")
        lines.append("  ".join(cells))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
