"""``python app.py`` and ``audiotok app``, as they start and as they refuse to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from audiotok.errors import AudiotokError
from audiotok.ui.blocks import Blocks
from audiotok.ui.models import Models
from audiotok.ui.page import build_page
from audiotok.ui.serve import UNCOUNTED, serve
from tests.fake_classifier import FakeClassifier
from tests.fake_whisper import TRANSCRIBERS
from tests.page_server import ROOT, Server, fake_page, free_port, running
from tests.ui.test_api import uploaded


def app(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def refusal(result: subprocess.CompletedProcess) -> str:
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    return result.stderr


def test_a_folder_that_is_no_bundle_is_one_sentence(tmp_path: Path):
    assert str(tmp_path) in refusal(app("--bundle", str(tmp_path)))


def test_a_taken_port_is_one_sentence(page_server: Server):
    assert str(page_server.port) in refusal(app("--port", str(page_server.port)))


@pytest.fixture
def unreachable(tmp_path: Path, monkeypatch) -> Blocks:
    """A page that was served and closed again, since Gradio did not reach it."""
    for name in UNCOUNTED:
        monkeypatch.setenv(name, "10")  # so that it is as before when the test is over
    made = []
    monkeypatch.setattr(
        "audiotok.ui.serve.build_page", lambda *parts: made.append(build_page(*parts)) or made[0]
    )
    monkeypatch.setattr("gradio.networking.url_ok", lambda address: False)
    models = Models({"emotion": FakeClassifier}, TRANSCRIBERS["words"]())
    with pytest.raises(AudiotokError, match="NO_PROXY"):
        serve(models, tmp_path, "127.0.0.1", free_port())
    return made[0]


def test_a_page_that_cannot_reach_itself_is_one_sentence(unreachable: Blocks):
    assert not unreachable.is_running


def test_past_events_are_neither_kept_nor_summed_up(unreachable: Blocks):
    queue = unreachable._queue
    queue.events_recorded = 10_000
    assert queue.compute_analytics_summary([{"function": "analyse"}]) == {"functions": {}}
    assert queue.ANALYTICS_MAX_EVENTS == 1
    assert not unreachable.enable_monitoring


def test_options_are_those_of_the_readme():
    told = app("--help").stdout
    for option in ("--host", "--port", "--share", "--bundle"):
        assert option in told


@pytest.mark.parametrize(
    ("name", "program", "bundle_given"),
    [
        ("SIGTERM", ["-m", "audiotok", "app"], True),
        ("SIGINT", [str(ROOT / "app.py")], False),
        ("SIGHUP", [str(ROOT / "app.py")], True),
    ],
)
def test_the_app_serves_and_leaves_nothing_behind_however_it_is_stopped(
    name, program, bundle_given, bundle, tmp_path, clip, monkeypatch
):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    port = free_port()
    command = [sys.executable, *program, "--port", str(port)]
    if bundle_given:
        bundle.save_pretrained(tmp_path / "mine")
        command += ["--bundle", str(tmp_path / "mine")]
    with running(command, tmp_path, port, temporary) as server:
        assert Path(uploaded(server, clip)["path"]).is_relative_to(temporary)
        assert list(temporary.glob("audiotok-*"))
        os.kill(server.pid, getattr(signal, name))
        os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
    assert not list(temporary.glob("audiotok-*"))


def test_a_model_that_fails_to_load_is_logged_and_said_on_the_page(tmp_path):
    with fake_page(tmp_path, "emotion", "broken") as server:
        wanted = "its weights are missing; download them again."
        deadline = time.monotonic() + 20
        while wanted not in (page := _get(server)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert wanted in page
        assert wanted in server.log.read_text()


def _get(server: Server) -> str:
    with urllib.request.urlopen(server.address, timeout=20) as answer:
        return answer.read().decode()
