"""Whether a class of 30 can play the experiment at once.

``python -m tests.benchmarks.classroom [--students 30] [--every 20] [--seconds 300]`` starts the app
as teachers do, opens a class and lets students speak: each sends a clip as phones compress it,
waits for what was heard, and sends the round to the board, again and again where the server asks
for it. It prints rounds lost, how long a round waited, and memory.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiotok.audio import SAMPLE_RATE
from tests.audio.sounds import with_ffmpeg
from tests.benchmarks.page import _resident_mb, _tell
from tests.page_server import ROOT, Server, fake_page, free_port, running
from tests.sounds import spoken

CLIP_S = 3.0
TEXT = "I will be there in ten minutes."
AGAIN_AFTER_S = 3.0  # as the page does
PASSING = (429, 502, 503, 504)
MEMORY_EVERY_S = 10.0


@dataclass
class Measured:
    """What students saw; rounds count as sent once the board has said that it took them."""

    waits_s: list[float] = field(default_factory=list)
    n_begun: int = 0
    n_asked_again: int = 0
    refusals: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two rounds")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--bundle", help="folder or hub id instead of what ships")
    parser.add_argument("--fake", action="store_true", help="the tests' classifier; tries this out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.fake:
            with fake_page(folder) as server:
                _play(server, options)
            return
        port = free_port()
        command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
        command += ["--bundle", options.bundle] if options.bundle else []
        with running(command, folder, port, folder) as server:
            _play(server, options)


def _play(server: Server, options: argparse.Namespace) -> None:
    moods = _ask(server, "experiment/sentences")["moods"]  # waits for the model
    secret = _ask(server, "board/open", {})["secret"]
    seen = _ask(server, "board/watch", {"secret": secret, "base": f"{server.address}/"})
    ticket = _ask(server, "board/join", {"code": seen["code"]})["ticket"]
    measured, clips = Measured(), [_clip(hz) for hz in (120.0, 150.0, 190.0, 230.0)]
    _ask(server, "experiment/hear", {"text": TEXT, "clip": clips[0]})
    before = _resident_mb(server.pid)
    end = time.monotonic() + options.seconds
    students = [
        threading.Thread(
            target=_student,
            args=(server, ticket, moods, clips, measured, end, options.every, number),
        )
        for number in range(options.students)
    ]
    memory = []
    for student in students:
        student.start()
    while any(student.is_alive() for student in students):
        _ask(server, "board/watch", {"secret": secret, "base": f"{server.address}/"})
        memory.append(_resident_mb(server.pid))
        time.sleep(min(MEMORY_EVERY_S, options.seconds / 4))
    n_there = _ask(server, "board/watch", {"secret": secret, "base": f"{server.address}/"})
    _report(measured, n_there["n_rounds"], before, memory)


def _student(
    server: Server,
    ticket: str,
    moods: list[str],
    clips: list[str],
    measured: Measured,
    end: float,
    every: float,
    number: int,
) -> None:
    rng = random.Random(number)
    time.sleep(rng.uniform(0, every))
    while time.monotonic() < end:
        began = time.monotonic()
        with measured.lock:
            measured.n_begun += 1
        try:
            said = {"text": TEXT, "clip": rng.choice(clips)}
            heard = _patiently(server, "experiment/hear", said, measured)
            waited = time.monotonic() - began
            record = {
                "id": str(uuid.uuid4()),
                "sentence": TEXT,
                "meant": rng.choice(moods),
                "guessed": rng.choice([None, *moods]),
                "words": heard["words"]["choice"],
                "voice": heard["voice"]["choice"],
            }
            _patiently(server, "board/rounds", {"ticket": ticket, "rounds": [record]}, measured)
            with measured.lock:
                measured.waits_s.append(waited)
        except urllib.error.HTTPError as error:
            with measured.lock:
                measured.refusals.append(error.read().decode())
        time.sleep(max(0.0, every * rng.uniform(0.8, 1.2) - (time.monotonic() - began)))


def _patiently(server: Server, path: str, body: Any, measured: Measured) -> Any:
    while True:
        try:
            return _ask(server, path, body)
        except urllib.error.HTTPError as error:
            if error.code not in PASSING:
                raise
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        with measured.lock:
            measured.n_asked_again += 1
        time.sleep(AGAIN_AFTER_S)


def _ask(server: Server, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{server.address}/{path}", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())


def _clip(hz: float) -> str:
    sound = with_ffmpeg(spoken(CLIP_S, hz), "webm", "libopus", SAMPLE_RATE)
    return base64.b64encode(sound).decode()


def _report(measured: Measured, n_there: int, before_mb: float, memory: list[float]) -> None:
    waits = sorted(measured.waits_s)
    _tell("rounds begun", measured.n_begun, "")
    _tell("rounds on the board", n_there, "")
    _tell("rounds lost", measured.n_begun - n_there, "")
    _tell("asked again", measured.n_asked_again, "")
    if waits:
        _tell("wait for what was heard, median", statistics.median(waits), "s")
        _tell("wait for what was heard, 95 %", waits[int(0.95 * (len(waits) - 1))], "s")
        _tell("wait for what was heard, longest", waits[-1], "s")
    _tell("resident memory before", before_mb, "MB")
    third = max(1, len(memory) // 3)
    _tell("resident memory, mean of the first third", statistics.mean(memory[:third]), "MB")
    _tell("resident memory, mean of the last third", statistics.mean(memory[-third:]), "MB")
    _tell("cores", os.cpu_count() or 0, "")
    for refusal in measured.refusals[:3]:
        sys.stdout.write(f"refused: {refusal}\n")


if __name__ == "__main__":
    main()
