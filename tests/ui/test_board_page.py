"""The board's addresses, for teachers, students and strangers."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from audiotok.board.classes import WRONG_CODES, Classes
from audiotok.board.codes import new_code
from audiotok.experiment.texts import ENGLISH
from audiotok.ui.board.links import qr_text
from tests.experiment.made_up import a_record
from tests.ui.plain_pages import client, refusal

BASE = "https://school.example/"


@pytest.fixture
def page() -> TestClient:
    return client()


def open_class(page: TestClient) -> tuple[str, dict[str, Any]]:
    """A teacher's secret, and what the teacher sees."""
    secret = page.post("/board/open", json={}).json()["secret"]
    return secret, watch(page, secret).json()


def watch(page: TestClient, secret: Any, **more: Any) -> Any:
    return page.post("/board/watch", json={"secret": secret, "base": BASE} | more)


def join(page: TestClient, code: str) -> dict[str, str]:
    return page.post("/board/join", json={"code": code}).json()


def test_students_join_and_the_teacher_sees_their_rounds(page: TestClient):
    secret, seen = open_class(page)
    assert seen["n_rounds"] == 0
    assert seen["link"] == f"{BASE}experiment?class={seen['code'].replace('-', '')}"
    assert seen["qr"].startswith("<svg")
    joined = join(page, seen["code"])
    rounds = [a_record(guessed="anger"), a_record()]
    assert page.post(
        "/board/rounds", json={"ticket": joined["ticket"], "rounds": rounds}
    ).json() == {"new": 2}
    told = watch(page, secret).json()
    assert told["n_rounds"] == 2
    assert "people 100 % [21–100 %]" in told["html"]
    assert watch(page, secret, since=2).json() == {"n_rounds": 2}


def test_a_sentence_is_looked_at_alone(page: TestClient):
    secret, seen = open_class(page)
    ticket = join(page, seen["code"])["ticket"]
    rounds = [a_record(), a_record(sentence="Another."), a_record(sentence="Another.")]
    page.post("/board/rounds", json={"ticket": ticket, "rounds": rounds})
    told = watch(page, secret, sentence="Another.").json()
    assert told["n_rounds"] == 3
    assert "2 rounds" in told["html"]
    table = page.post("/board/outcome.csv", json={"secret": secret, "sentence": "Another."})
    assert len(table.text.splitlines()) == 3


def test_what_a_student_writes_is_text_to_the_teacher(page: TestClient):
    secret, seen = open_class(page)
    ticket = join(page, seen["code"])["ticket"]
    evil = "</p><script>alert(1)</script>"
    rounds = [a_record(sentence=evil), a_record(sentence="=1+1")]
    page.post("/board/rounds", json={"ticket": ticket, "rounds": rounds})
    assert "<script" not in watch(page, secret).json()["html"]
    svg = page.post("/board/outcome.svg", json={"secret": secret}).text
    assert "<script" not in svg
    assert "'=1+1" in page.post("/board/outcome.csv", json={"secret": secret}).text


def test_a_student_gets_neither_secret_nor_others_rounds(page: TestClient):
    secret, seen = open_class(page)
    joined = join(page, seen["code"])
    assert set(joined) == {"code", "ticket"}
    for key in (joined["ticket"], joined["code"], "", "x" * 90_000):
        for path in ("watch", "end", "outcome.csv"):
            body = {"secret": key} | ({"base": BASE} if path == "watch" else {})
            answer = page.post(f"/board/{path}", json=body)
            assert answer.status_code in (400, 404), path
    assert watch(page, secret).status_code == 200


@pytest.mark.parametrize("code", ["", "ABCDE-FGHJK", "x" * 5_000, "<b>", "0000-0000", "'; --"])
def test_a_code_that_is_none_is_one_sentence(page: TestClient, code: str):
    answer = page.post("/board/join", json={"code": code})
    assert answer.status_code == 404
    assert "There is no class with the code" in refusal(answer)
    assert "<b>" not in refusal(answer)


def test_codes_are_not_found_by_trying():
    now = [0.0]
    page = client(Classes(lambda: now[0]))
    _, seen = open_class(page)
    told = [page.post("/board/join", json={"code": new_code()}) for _ in range(WRONG_CODES + 1)]
    assert {answer.status_code for answer in told[:-1]} == {404}
    assert told[-1].status_code == 429
    assert refusal(told[-1]) == ENGLISH["error_guesses"]
    assert page.post("/board/join", json={"code": seen["code"]}).status_code == 429
    now[0] += 1
    assert page.post("/board/join", json={"code": seen["code"]}).status_code == 200


def test_an_ended_class_says_so_to_all(page: TestClient):
    secret, seen = open_class(page)
    ticket = join(page, seen["code"])["ticket"]
    assert page.post("/board/end", json={"secret": secret}).json() == {}
    late = page.post("/board/rounds", json={"ticket": ticket, "rounds": [a_record()]})
    for answer in (late, watch(page, secret), page.post("/board/end", json={"secret": secret})):
        assert answer.status_code == 404
        assert refusal(answer) == ENGLISH["error_class_gone"]


@pytest.mark.parametrize(
    "rounds",
    [[], [7], [a_record(name="Ann")], [a_record(meant="envy")], [a_record(sentence="x" * 2_000)]]
    + [[a_record() for _ in range(61)]],
)
def test_what_is_no_round_joins_no_board(page: TestClient, rounds: list[Any]):
    secret, seen = open_class(page)
    ticket = join(page, seen["code"])["ticket"]
    answer = page.post("/board/rounds", json={"ticket": ticket, "rounds": rounds})
    assert answer.status_code == 422
    assert refusal(answer)
    assert watch(page, secret).json()["n_rounds"] == 0


@pytest.mark.parametrize(
    "base",
    ["", "javascript:alert(1)/", "https://x/?a=/", "http:///", "https://x y/", "//x/", "x"]
    + ["https://" + "x" * 300 + "/", "https://x/\n/", 'https://x"><b>/', "https://é/", "HTTP://x/"],
)
def test_links_are_made_of_addresses_only(page: TestClient, base: str):
    secret, _ = open_class(page)
    assert watch(page, secret, base=base).status_code == 400


def test_a_teacher_at_the_machine_itself_gets_the_address_for_others():
    page = client(public="https://192.168.1.7:7860/")
    secret = page.post("/board/open", json={}).json()["secret"]
    here = {"secret": secret, "base": "https://localhost:7860/"}
    seen = page.post("/board/watch", json=here).json()
    assert seen["link"].startswith("https://192.168.1.7:7860/experiment?class=")
    assert not seen["is_local"]
    assert not seen["is_plain"]


def test_phones_that_cannot_come_or_record_are_told_of():
    page = client()
    secret = page.post("/board/open", json={}).json()["secret"]
    for base, local, plain in (
        ("http://127.0.0.1:7860/", True, False),
        ("http://192.168.1.7:7860/", False, True),
    ):
        seen = page.post("/board/watch", json={"secret": secret, "base": base}).json()
        assert (seen["is_local"], seen["is_plain"]) == (local, plain)


def test_the_console_shows_a_code_that_fits_a_line():
    lines = qr_text("https://192.168.100.100:7860/experiment").splitlines()
    assert len(lines) > 10
    assert max(map(len, lines)) <= 80
