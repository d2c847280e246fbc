"""A teacher's screen and several phones that fill it."""

from __future__ import annotations

import csv
import io
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from audiotok.audio import SAMPLE_RATE
from audiotok.experiment.texts import ENGLISH, texts_for
from tests.browser.experiment_driver import begin, play_round, player
from tests.browser.page_driver import PATIENCE_MS, microphone_that_plays
from tests.page_server import Server
from tests.sounds import spoken
from tests.ui.plain_pages import clip_base64

pytestmark = pytest.mark.browser
N_PHONES = 3
N_CLIENTS = 30


@pytest.fixture(scope="module")
def room(launch: Callable[..., Browser], tmp_path_factory) -> Iterator[Browser]:
    """A browser whose microphone hears somebody speak."""
    clip = tmp_path_factory.mktemp("room") / "heard.wav"
    soundfile.write(clip, spoken(3.0), SAMPLE_RATE)
    browser = launch(args=microphone_that_plays(clip))
    yield browser
    browser.close()


@pytest.fixture
def teacher(room: Browser, page_server: Server) -> Iterator[Page]:
    """A teacher who has opened a class."""
    context = room.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{page_server.address}/board")
    page.locator("#open").click()
    expect(page.locator("#code")).not_to_be_empty()
    yield page
    context.close()


def query(teacher: Page) -> str:
    """What the link to the class adds to the experiment's address."""
    return "?" + teacher.locator("#link").inner_text().partition("?")[2]


def test_several_phones_fill_the_board_while_the_teacher_looks(
    room: Browser, page_server: Server, teacher: Page
):
    expect(teacher.locator("#qr svg")).to_be_visible()
    expect(teacher.locator("#waits")).to_have_text(ENGLISH["board_wait"])
    with ExitStack() as phones:
        pages = [
            phones.enter_context(player(room, page_server.address, query(teacher)))
            for _ in range(N_PHONES)
        ]
        for page in pages:
            expect(page.locator("#in-class")).to_contain_text(teacher.locator("#code").inner_text())
            begin(page)
        for number in range(2):
            for page in pages:
                play_round(page, "happy")
                page.locator("#next").click()
            count = N_PHONES * (number + 1)
            expect(teacher.locator("#count")).to_have_text(f"{count} rounds")
    expect(teacher.locator(".accuracies tr")).to_have_count(3)
    expect(teacher.locator(".closing")).to_contain_text("people")
    with teacher.expect_download() as download:
        teacher.locator("#take button[data-kind=csv]").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert len(rows) == 2 * N_PHONES
    assert {row["guessed"] for row in rows} == {"happiness"}


def asked(address: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask as the page does: what passes is asked again."""
    data, kind = json.dumps(body).encode(), {"Content-Type": "application/json"}
    while True:
        request = urllib.request.Request(f"{address}/{path}", data, kind)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                if error.code not in (429, 503):
                    raise
        time.sleep(0.5)


def test_thirty_clients_fill_the_board_at_once(page_server: Server, teacher: Page):
    code, address = teacher.locator("#code").inner_text(), page_server.address

    def student(number: int) -> int:
        ticket = asked(address, "board/join", {"code": code})["ticket"]
        told = asked(
            address, "experiment/begin", {"text": f"Dinner is at {number}.", "n_rounds": 1}
        )
        said = {"text": told["text"], "clip": clip_base64()}
        heard = asked(address, "experiment/hear", said)
        answers = {judge: heard[judge]["choice"] for judge in ("words", "voice")}
        one = {"id": str(uuid.uuid4()), "sentence": told["text"], "meant": told["deck"][0]}
        rounds = [one | answers | {"guessed": None}]
        return asked(address, "board/rounds", {"ticket": ticket, "rounds": rounds})["new"]

    with ThreadPoolExecutor(N_CLIENTS) as threads:
        assert list(threads.map(student, range(N_CLIENTS))) == [1] * N_CLIENTS
    expect(teacher.locator("#count")).to_have_text(f"{N_CLIENTS} rounds")
    with teacher.expect_download() as download:
        teacher.locator("#take button[data-kind=csv]").click()
    rows = csv.DictReader(io.StringIO(download.value.path().read_text()))
    sentences = {row["sentence"] for row in rows}
    assert sentences == {f"Dinner is at {number}." for number in range(N_CLIENTS)}


def test_a_code_is_typed_and_a_wrong_one_told(room: Browser, page_server: Server, teacher: Page):
    with player(room, page_server.address) as page:
        page.locator("#join summary").click()
        page.locator("#code").fill("ABCDEFGHJK")
        page.locator("#join-form button").click()
        expect(page.locator("#join-trouble")).to_contain_text("There is no class with the code")
        page.locator("#code").fill(teacher.locator("#code").inner_text().lower())
        page.locator("#join-form button").click()
        expect(page.locator("#in-class")).to_be_visible()
        expect(page.locator("#join")).to_be_hidden()


def test_a_right_code_is_tried_again_where_too_many_were_wrong(
    room: Browser, page_server: Server, teacher: Page
):
    refusals = [{"status": 429, "json": {"error": ENGLISH["error_guesses"]}}]
    with player(room, page_server.address) as page:
        page.route(
            "**/board/join*",
            lambda route: route.fulfill(**refusals.pop()) if refusals else route.continue_(),
        )
        page.locator("#join summary").click()
        page.locator("#code").fill(teacher.locator("#code").inner_text())
        page.locator("#join-form button").click()
        expect(page.locator("#trouble")).to_have_text(ENGLISH["error_guesses"])
        expect(page.locator("#in-class")).to_be_visible()
        expect(page.locator("#trouble")).to_be_hidden()


def test_another_language_keeps_the_class_of_teacher_and_student(
    room: Browser, page_server: Server, teacher: Page
):
    code = teacher.locator("#code").inner_text()
    with player(room, page_server.address, query(teacher)) as page:
        expect(page.locator("#in-class")).to_contain_text(code)
        page.get_by_role("link", name="Español").click()
        expect(page.locator("#go")).to_have_text("Empezar")
        expect(page.locator("#in-class")).to_contain_text(code)
        assert "class=" in page.url
    teacher.get_by_role("link", name="Español").click()
    expect(teacher.locator("#waits")).to_have_text(texts_for("es")["board_wait"])
    expect(teacher.locator("#code")).to_have_text(code)


def test_an_ended_class_is_told_and_the_rounds_stay(
    room: Browser, page_server: Server, teacher: Page
):
    with player(room, page_server.address, query(teacher)) as page:
        begin(page)
        play_round(page, "sad")
        expect(teacher.locator("#count")).to_have_text("1 round")
        teacher.once("dialog", lambda dialog: dialog.accept())
        teacher.locator("#end").click()
        expect(teacher.locator("#trouble")).to_have_text(ENGLISH["ended"])
        expect(teacher.locator("#open")).to_be_visible()
        page.locator("#next").click()
        play_round(page, "sad")
        expect(page.locator("#trouble")).to_have_text(ENGLISH["error_class_gone"])
        page.locator("#stop-early").click()
        expect(page.locator(".accuracies caption")).to_contain_text("2 rounds")


def test_a_link_to_a_class_that_is_over_is_told(room: Browser, page_server: Server):
    with player(room, page_server.address, "?class=ABCDEFGHJK") as page:
        expect(page.locator("#join-trouble")).to_contain_text("ABCDEFGHJK")
        begin(page)


def test_a_reload_finds_the_class_again(teacher: Page):
    code = teacher.locator("#code").inner_text()
    teacher.reload()
    expect(teacher.locator("#code")).to_have_text(code)


def test_a_round_that_is_sent_again_counts_once(room: Browser, page_server: Server, teacher: Page):
    """The board takes a round, but its answer is lost on the way."""
    lost: list[str] = []

    def lose_first(route) -> None:
        if lost:
            return route.continue_()
        route.fetch()
        lost.append(route.request.url)
        return route.abort()

    with player(room, page_server.address, query(teacher)) as page:
        page.route("**/board/rounds*", lose_first)
        begin(page)
        play_round(page, "sad")
        expect(page.locator("#trouble")).to_have_text(ENGLISH["error_offline"])
        expect(page.locator("#trouble")).to_be_hidden()
    expect(teacher.locator("#count")).to_have_text("1 round")
    assert lost
