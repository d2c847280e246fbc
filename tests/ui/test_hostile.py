"""What strangers send to a page that is open to them: no file, no traceback, no way in."""

from __future__ import annotations

import http.server
import json
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from audiotok.analysis.takes import take_of
from audiotok.ui.gate import MAX_BODY
from tests.fake_classifier import make_prediction
from tests.page_server import Server, fake_page
from tests.ui.test_api import uploaded

NAMES = ["", "..", "../..", "a/b", ".", "x\0y", "é" * 3, "a" * 300, "../../canary"]
VALUES: list[Any] = [
    None,
    True,
    -1,
    1e308,
    "x" * 20_000,
    ["a", [0]],
    {"a": {"b": {"c": 1}}},
    {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}},
    {"path": "x\0y", "meta": {"_type": "gradio.FileData"}},
    {"path": 7, "meta": {"_type": "gradio.FileData"}},
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A page whose uploads lie beside files that are none of its business."""
    folder = tmp_path_factory.mktemp("house")
    for path in ("canary/kept.txt", "canary/deep/er/kept.txt"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("still here")
    with fake_page(folder) as server:
        yield server


def ask(server: Server, path: str, body: Any = None) -> tuple[int, str]:
    """Give the status and the answer, of an error too."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{server.address}{path}", data, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def call(server: Server, number: int, data: list[Any], session: str) -> tuple[int, str]:
    """Run one event through the queue and give all that it says."""
    body = {"fn_index": number, "data": data, "session_hash": session}
    status, said = ask(server, "/gradio_api/queue/join", body)
    if status != 200:
        return status, said
    return ask(server, f"/gradio_api/queue/data?session_hash={session}")


def events(server: Server) -> list[dict[str, Any]]:
    """All events with a function behind them, private ones too."""
    config = json.loads(ask(server, "/config")[1])
    return [event for event in config["dependencies"] if event["backend_fn"]]


def all_events(
    server: Server, values: list[Any], without_inputs: bool = True
) -> list[tuple[int, str]]:
    """Call every event with each value as all of its inputs, several visitors at once."""

    def ask_one(event: dict[str, Any], value: Any) -> tuple[int, str]:
        return call(server, event["id"], [value] * len(event["inputs"]), uuid.uuid4().hex)

    wanted = [event for event in events(server) if event["inputs"] or without_inputs]
    with ThreadPoolExecutor(8) as visitors:
        return list(visitors.map(lambda pair: ask_one(*pair), product(wanted, values)))


def tree(server: Server) -> dict[str, bytes]:
    """Everything around the uploads, and what is in it."""
    house = server.uploads.parent
    return {
        str(path.relative_to(house)): path.read_bytes() if path.is_file() else b""
        for path in house.rglob("*")
        if path != server.log and not path.is_relative_to(server.uploads)
    }


def number_of(server: Server, wanted: str) -> int:
    return next(e["id"] for e in events(server) if any(t[1] == wanted for t in e["targets"]))


def analyse_event(server: Server) -> dict[str, Any]:
    config = json.loads(ask(server, "/config")[1])
    button = next(c for c in config["components"] if c["props"].get("elem_id") == "at-analyse")
    return next(e for e in events(server) if [button["id"], "click"] in e["targets"])


def following(server: Server, event: int) -> dict[str, Any]:
    """Return what waits in the queue after an event to fill views."""
    return next(e for e in events(server) if e["trigger_after"] == event and e["queue"])


def test_no_session_name_leads_to_a_file(page: Server, clip: Path):
    uploaded(page, clip)
    house = page.uploads.parent
    before = tree(page)
    own = sorted(page.uploads.rglob("*"))
    names: list[Any] = [*NAMES, str(house / "canary"), str(house), 7, ["a"], {"a": 1}]
    for event in events(page):
        for name in names:
            body = {"fn_index": event["id"], "session_hash": name, "data": []}
            for path in ("queue/join", "run/predict"):
                status, said = ask(page, f"/gradio_api/{path}", body)
                assert status == 400, (event["id"], name, said)
                assert "A session is named by" in said
    for name in NAMES:
        quoted = urllib.parse.quote(str(name), safe="")
        status, _ = ask(page, f"/gradio_api/queue/data?session_hash={quoted}")
        assert status in (400, 422)
    assert tree(page) == before
    assert sorted(page.uploads.rglob("*")) == own


def test_leaving_as_somebody_else_leaves_the_files_alone(page: Server, clip: Path):
    path = Path(uploaded(page, clip)["path"])
    call(page, number_of(page, "unload"), [], "nobody")
    assert path.is_file()


def test_every_event_answers_wrong_input_with_a_sentence(page: Server):
    before = tree(page)
    for status, said in all_events(page, VALUES):
        assert status == 200, said
        assert "process_completed" in said
        assert "Traceback" not in said
        assert "on our side" not in said
    assert tree(page) == before
    assert "Traceback" not in page.log.read_text()


@pytest.mark.parametrize("choice", [[], [0, 0], [1], True, 10**9, -1, 0.5, "1", None])
def test_choosers_take_only_what_they_offer(page: Server, clip: Path, choice: Any):
    session, audio = uuid.uuid4().hex, uploaded(page, clip)
    data = [audio, "Hello", "emotion", None, None, None]
    assert "at-verdict" in call(page, analyse_event(page)["id"], data, session)[1]
    choosers = [e for e in events(page) if any(kind == "input" for _, kind in e["targets"])]
    assert len(choosers) >= 4
    for event in choosers:
        data = [None] + [choice] * (len(event["inputs"]) - 1)
        status, said = call(page, event["id"], data, session)
        assert status == 200
        assert '"success":true' in said or "This input does not fit" in said
        assert "on our side" not in said
    assert "Traceback" not in page.log.read_text()


def test_downloads_lie_in_a_folder_of_the_servers_own_making(page: Server, clip: Path):
    before, session = tree(page), "my-own-session"
    event = analyse_event(page)
    call(
        page,
        event["id"],
        [uploaded(page, clip), "Hello", "emotion", None, None, None],
        session,
    )
    config = json.loads(ask(page, "/config")[1])
    states = {c["id"] for c in config["components"] if c["type"] == "state"}
    (state,) = states & set(event["outputs"])
    writers = [e for e in events(page) if len(e["inputs"]) == 2 and e["inputs"][0] == state]
    said = [call(page, writer["id"], [None, False], session)[1] for writer in writers]
    assert sum("emotion-verdict.json" in each for each in said) == 1
    assert tree(page) == before
    written = [path for path in page.uploads.rglob("emotion-*")]
    assert written
    assert {path.parent.parent for path in written} == {page.uploads}
    assert not any(session in str(path) for path in written)
    call(page, number_of(page, "unload"), [], session)
    assert not any(path.exists() for path in written)


def takes(n: int, **changed: Any) -> list[dict[str, Any]]:
    made = take_of(make_prediction()).model_dump()
    return [{**made, "name": f"Take {i}", **changed} for i in range(n)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "These takes cannot be read"),
        ({"view": "pair"}, "These takes cannot be read"),
        ({"view": "sentence", "takes": takes(61)}, "These takes cannot be read"),
        ({"view": "pair", "takes": takes(3)}, "Two takes are compared"),
        ({"view": "pair", "takes": takes(2, text="x" * 2_001)}, "These takes cannot be read"),
        ({"view": "pair", "takes": takes(2, pitch_hz=1e308)}, "These takes cannot be read"),
        ({"view": "../../canary", "takes": takes(2)}, "These takes cannot be read"),
        ("[" * 50_000, "These takes cannot be read"),
    ],
)
def test_takes_that_come_back_are_checked(page: Server, content: Any, said: str):
    payload = content if isinstance(content, str) else json.dumps(content)
    before, (view, *files) = tree(page), takes_events(page)
    for event in (view, *files):
        data = [payload, False][: len(event["inputs"])]
        assert said in call(page, event["id"], data, uuid.uuid4().hex)[1]
    assert tree(page) == before
    assert "Traceback" not in page.log.read_text()


def takes_events(server: Server) -> list[dict[str, Any]]:
    """The event that shows takes, and those that write or swap them."""
    config = json.loads(ask(server, "/config")[1])
    by_name = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
    reads = [e for e in events(server) if e["inputs"][:1] == [by_name["at-takes"]]]
    # Whether there are two to swap is all that one of them answers.
    return [e for e in reads if by_name.get("at-swapping") not in e["outputs"]]


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Another site, and what it was asked for."""
    asked: list[str] = []

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}", asked
        site.shutdown()


def test_no_address_of_another_site_is_fetched(page: Server, clip: Path, elsewhere):
    address, asked = elsewhere
    address += "/clip.wav"
    real = uploaded(page, clip)
    kind = {"meta": {"_type": "gradio.FileData"}}
    payloads = [
        {"path": address, **kind},
        {"path": address.replace("http", "HTTP"), **kind},
        {"path": real["path"], "url": address, **kind},
        {"url": address, **kind},
        {"path": "", "url": address, **kind},
        {"path": address},
    ]
    answers = all_events(page, payloads, without_inputs=False)
    assert len(answers) > 100
    for _, said in answers:
        assert "A clip is uploaded, not named by its address" in said
    status, said = ask(page, f"/gradio_api/file={address}")
    assert (status, "not fetched" in said) == (403, True)
    assert asked == []


def test_the_address_that_the_browser_sends_along_is_fine(page: Server, clip: Path):
    audio = uploaded(page, clip)
    audio["url"] = f"{page.address}/gradio_api/file={audio['path']}"
    event = analyse_event(page)
    data = [audio, "Hello", "emotion", None, None, None]
    assert "at-verdict" in call(page, event["id"], data, uuid.uuid4().hex)[1]


@pytest.mark.parametrize(
    "path",
    ["deep_link?session_hash=a", "process_recording", "component_server", "vibe-code/"]
    + ["proxy=http://127.0.0.1", "stream/a/b/1/playlist-file", "monitoring", "dev/reload"],
)
def test_routes_that_nobody_needs_are_closed(page: Server, path: str):
    assert ask(page, f"/gradio_api/{path}")[0] == 404
    assert ask(page, f"/gradio_api/{path}", {})[0] == 404


def test_odd_bodies_are_refused(page: Server):
    event = analyse_event(page)["id"]
    for body, expected in (
        ([1], 400),
        ({"fn_index": 10_000, "session_hash": "a", "data": []}, 400),
        ({"fn_index": event, "session_hash": "a", "data": [], "batched": True}, 400),
        ({"fn_index": event, "session_hash": "a", "data": ["x" * (MAX_BODY + 1)]}, 413),
    ):
        status, said = ask(page, "/gradio_api/queue/join", body)
        assert (status, "Traceback" in said) == (expected, False)
        assert re.search(r"\w+ .+\.", json.loads(said)["detail"])


def test_the_queue_cannot_be_passed_by(page: Server, clip: Path):
    data = [uploaded(page, clip), "Hello", "emotion"]
    assert ask(page, "/gradio_api/run/analyse", {"data": data})[0] == 404


def test_one_session_has_at_most_two_of_a_kind_waiting(page: Server, clip: Path):
    event, audio, session = analyse_event(page)["id"], uploaded(page, clip), uuid.uuid4().hex
    body = {
        "fn_index": event,
        "session_hash": session,
        "data": [audio, "Hello", "emotion", None, None, None],
    }
    answers = [ask(page, "/gradio_api/queue/join", body) for _ in range(12)]
    refused = [said for status, said in answers if status == 429]
    assert refused
    assert all("You have asked this 2 times already" in said for said in refused)
    other = {**body, "session_hash": uuid.uuid4().hex}
    assert ask(page, "/gradio_api/queue/join", other)[0] == 200
    follows = {**body, "fn_index": following(page, event)["id"], "data": [None, None]}
    assert ask(page, "/gradio_api/queue/join", follows)[0] == 200


def test_uploads_share_a_room(tmp_path: Path):
    with fake_page(tmp_path, max_upload_bytes=1_000_000) as server:  # half for one address
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, 100_000)
        for name, seconds in (("one", 100_000), ("two", 99_000), ("three", 98_000)):
            soundfile.write(tmp_path / f"{name}.wav", noise[:seconds], 16_000)
        uploaded(server, tmp_path / "one.wav")
        uploaded(server, tmp_path / "two.wav")
        with pytest.raises(urllib.error.HTTPError) as refused:
            uploaded(server, tmp_path / "three.wav")
        with refused.value as error:
            assert error.code == 507
            assert "fill the room that one place has" in json.loads(error.read())["detail"]
        on_disk = sum(p.stat().st_size for p in server.uploads.rglob("*") if p.is_file())
        assert on_disk <= 500_000
