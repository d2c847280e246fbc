"""The app as it ships: its own bundles, its own examples, nothing faked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, expect

from tests.browser.experiment_driver import answer, begin, play_round, player
from tests.browser.page_driver import (
    analyse,
    microphone_that_plays,
    open_attention,
    pick_example,
    record,
    sentence,
    take,
    visitor,
)
from tests.clips import SAID, SPOKEN
from tests.page_server import ROOT, Server, free_port, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, port = tmp_path_factory.mktemp("app"), free_port()
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
    with running(command, folder, port, folder) as server:
        yield server


def test_a_recording_is_written_down_and_analysed_as_shipped(
    launch: Callable[..., Browser], app: Server, tmp_path: Path
):
    samples, rate_hz = soundfile.read(SPOKEN)
    # The microphone would say it again on a slow machine, which stops it late.
    silence = np.zeros(30 * rate_hz)
    soundfile.write(tmp_path / "spoken.wav", np.concatenate([samples, silence]), rate_hz)
    browser = launch(args=microphone_that_plays(tmp_path / "spoken.wav"))
    with visitor(browser, app.address) as page:
        record(page, len(samples) / rate_hz + 0.5)
        expect(sentence(page)).to_contain_text("The words alone read")
        assert SAID.rstrip(".") in page.locator("#at-text textarea").input_value()
        record_of = json.loads(take(page, "verdict", "json").path().read_text(encoding="utf-8"))
        words = record_of["words"]
        assert set(SAID.rstrip(".").split()) == {word["word"].strip(".,") for word in words}
        starts = [word["start_s"] for word in words]
        assert starts == sorted(starts)
        assert words[-1]["end_s"] <= record_of["duration_s"]
    browser.close()


def test_a_whole_experiment_is_played_as_shipped(
    launch: Callable[..., Browser], app: Server, tmp_path: Path
) -> None:
    samples, rate_hz = soundfile.read(SPOKEN)
    soundfile.write(tmp_path / "spoken.wav", samples, rate_hz)
    browser = launch(args=microphone_that_plays(tmp_path / "spoken.wav"))
    with player(browser, app.address) as page:
        begin(page)
        for number in range(6):
            expect(page.locator("#which")).to_have_text(f"Round {number + 1} of 6")
            mood = play_round(page, "sad")
            expect(answer(page, "meant")).to_have_text(mood)
            for judge in ("by_words", "by_voice"):
                expect(answer(page, judge)).not_to_be_empty()
            page.locator("#next").click()
        expect(page.locator(".closing")).to_contain_text("Chance is 1 in 6; words alone 17 %")
        expect(page.locator(".matrix")).to_have_count(3)
    browser.close()


@pytest.mark.parametrize(
    ("task", "labels"),
    [
        ("emotion", ["happiness", "sadness", "anger", "fear", "disgust", "surprise"]),
        ("sentiment", ["negative", "positive"]),
    ],
)
def test_an_example_is_analysed_as_shipped(chromium: Browser, app: Server, task, labels):
    with visitor(chromium, app.address) as page:
        page.get_by_label(task).check()
        pick_example(page)
        analyse(page)
        expect(sentence(page)).to_contain_text("The words alone read")
        expect(page.locator(".at-table tbody tr th")).to_have_text(labels)
        verdict = json.loads(take(page, "verdict", "json").path().read_text(encoding="utf-8"))
        assert verdict["task"] == task
        assert 0 < verdict["n_used"] <= verdict["n_selected"] < verdict["n_tokens"]
        expect(page.locator("#at-stream .readout")).to_contain_text(
            f"{verdict['n_selected']} selected"
        )
        open_attention(page)
        expect(page.locator(".at-shares tr")).to_have_count(6)
        expect(page.locator(".at-heat")).to_have_text(verdict["text"])
