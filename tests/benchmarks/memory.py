"""Whether the page's memory stays put: its curve over many analyses, many callers at once.

``python -m tests.benchmarks.memory [--analyses 1000] [--callers 50] [--page]`` starts the app as
users do, in a process of its own, and prints resident megabytes on the way. Every clip has a
length of its own, 3 to 5 s, and every call is a session of its own, as plain HTTP calls are.
``--page`` sends the page's own events instead: analyse, open the attention, every download.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from audiotok.audio import SAMPLE_RATE
from tests.benchmarks.page import _resident_mb, _tell
from tests.page_server import ROOT, Server, free_port, running
from tests.sounds import spoken

TEXTS = ("I will be there in ten minutes.", "The news came on Tuesday, and nobody said a word.")
FIRST, EVERY = 20, 50  # what the rest is compared with, and how often the curve has a point
PATIENCE_S = 600
ANSWERED = ("process_completed", "event: complete")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--analyses", type=int, default=1_000)
    parser.add_argument("--callers", type=int, default=50)
    parser.add_argument("--page", action="store_true", help="the page's events, not the API")
    options = parser.parse_args()
    port = free_port()
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(command, folder, port, folder) as server:
            visit = Page(server.address).visit if options.page else _call
            for number in range(2):
                visit(server.address, number)  # so that all models are there
            _tell("after 2", _resident_mb(server.pid), "MB")
            _print_curve(server, visit, options.analyses, options.callers)


def _print_curve(
    server: Server, visit: Callable[[str, int], None], n_analyses: int, n_callers: int
) -> None:
    begin, compared = time.perf_counter(), 0.0
    with ThreadPoolExecutor(n_callers) as callers:
        asked = [callers.submit(visit, server.address, number) for number in range(n_analyses)]
        for n_done, answered in enumerate(as_completed(asked), start=1):
            answered.result()
            if n_done == FIRST or n_done % EVERY == 0:
                resident = _resident_mb(server.pid)
                compared = compared or resident
                _tell(f"after {n_done}", resident, f"MB, {resident / compared - 1:+.1%}")
    _tell("an analysis", (time.perf_counter() - begin) / n_analyses, "s")
    time.sleep(2)
    _tell("at rest again", _resident_mb(server.pid), "MB")


def _call(address: str, number: int) -> None:
    """Ask the API, as a plain HTTP call does."""
    data = [_upload(address, number), TEXTS[number % 2], ("emotion", "sentiment")[number % 2]]
    call = f"{address}/gradio_api/call/analyse"
    event = json.loads(_fetch(call, json.dumps({"data": data}).encode()))["event_id"]
    _check(_fetch(f"{call}/{event}"))


class Page:
    """The page's own events, found in its config by what triggers them."""

    def __init__(self, address: str) -> None:
        config = json.loads(_fetch(f"{address}/config"))
        ids = {c["id"]: c["props"].get("elem_id") or "" for c in config["components"]}
        tabs = {c["id"]: c["type"] == "tabitem" for c in config["components"]}
        self._opens: list[int] = []
        self._downloads: list[int] = []
        for event in config["dependencies"]:
            names = {ids.get(target) for target, kind in event["targets"] if kind == "click"}
            opens = any(tabs.get(target) and kind == "select" for target, kind in event["targets"])
            if not event["backend_fn"]:
                continue
            if opens and event["inputs"]:
                self._opens.append(event["id"])
            if "at-analyse" in names:
                self._analyse: int = event["id"]
            if any(n and n.rpartition("-")[2] in {"json", "csv", "png", "svg"} for n in names):
                self._downloads.append(event["id"])

    def visit(self, address: str, number: int) -> None:
        """Analyse, open every view and download everything, as one visitor."""
        session = uuid.uuid4().hex
        task = ("emotion", "sentiment")[number % 2]
        clip = _upload(address, number)
        judged = [clip, TEXTS[number % 2], task, None]
        events = [(self._analyse, [*judged, None, None])]
        events += [(event, [None]) for event in self._opens]
        events += [(event, [None, False]) for event in self._downloads]
        for event, data in events:
            self._send(address, session, event, data)

    def _send(self, address: str, session: str, event: int, data: list[Any]) -> None:
        asked = {"fn_index": event, "session_hash": session, "data": data}
        _fetch(f"{address}/gradio_api/queue/join", json.dumps(asked).encode())
        _check(_fetch(f"{address}/gradio_api/queue/data?session_hash={session}"))


def _check(answer: str) -> None:
    if not any(sign in answer for sign in ANSWERED) or '"success":false' in answer:
        raise RuntimeError(f"No answer: {answer[-500:]}")


def _upload(address: str, number: int) -> dict[str, Any]:
    head = '--end\r\nContent-Disposition: form-data; name="files"; filename="clip.wav"\r\n\r\n'
    body = head.encode() + _clip(number) + b"\r\n--end--\r\n"
    kind = "multipart/form-data; boundary=end"
    (path,) = json.loads(_fetch(f"{address}/gradio_api/upload", body, kind))
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def _fetch(address: str, body: bytes | None = None, kind: str = "application/json") -> str:
    request = urllib.request.Request(address, body, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return answer.read().decode()


def _clip(number: int) -> bytes:
    """Babble of a pitch and a length (3 to 5 s) of its own."""
    rng = np.random.default_rng(number)
    clip = io.BytesIO()
    soundfile.write(
        clip, spoken(rng.uniform(3, 5), rng.uniform(100, 220)), SAMPLE_RATE, format="WAV"
    )
    return clip.getvalue()


if __name__ == "__main__":
    main()
