"""The experiment's addresses: what they answer, and what strangers may not do with them."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from audiotok.experiment.texts import ENGLISH
from audiotok.ui import places
from audiotok.ui.experiment.routes import HEAR, MAX_CLIP
from tests.experiment.made_up import MOODS, SENTENCE, a_record
from tests.page_server import Server
from tests.sounds import spoken
from tests.ui.plain_pages import client, clip_base64, refusal


@pytest.fixture(scope="module")
def page() -> TestClient:
    return client()


def hear(page: TestClient, **changed: Any) -> Any:
    return page.post(HEAR, json={"text": SENTENCE, "clip": clip_base64(), **changed})


def test_the_page_holds_its_texts_and_runs_no_script_of_its_own(page: TestClient):
    shown = page.get("/experiment")
    assert ENGLISH["lead"] in shown.text
    policy = shown.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert shown.headers["cache-control"] == "no-store"


def test_scripts_and_styles_are_given_and_nothing_else(page: TestClient):
    assert "javascript" in page.get("/plain/round.js").headers["content-type"]
    assert page.get("/plain/style.css").status_code == 200
    for name in ("routes.py", "..%2Fserve.py", "experiment.html", "nothing.js"):
        assert page.get(f"/plain/{name}").status_code == 404


def test_offered_sentences_come_with_the_moods_and_their_colours(page: TestClient):
    told = page.get("/experiment/sentences").json()
    assert SENTENCE in told["sentences"]
    assert tuple(told["moods"]) == MOODS
    assert {*MOODS, "neutral"} == set(told["shades"])


def test_a_deck_is_dealt_and_telling_words_are_told(page: TestClient):
    dealt = page.post("/experiment/begin", json={"text": f"  {SENTENCE}", "n_rounds": 6}).json()
    assert sorted(dealt["deck"]) == sorted(MOODS)
    assert dealt["text"] == SENTENCE
    assert dealt["words"]["verdict"] == "neutral"
    told = page.post("/experiment/begin", json={"text": "I am so happy!", "n_rounds": 6}).json()
    assert told["words"]["verdict"] == "happiness"


def test_a_clip_is_heard_by_words_and_with_the_voice(page: TestClient):
    heard = hear(page).json()
    assert (heard["words"]["verdict"], heard["words"]["choice"]) == ("neutral", "sadness")
    assert heard["voice"]["choice"] == "happiness"
    assert set(heard["voice"]["probabilities"]) == set(MOODS)


def test_the_neutral_voice_goes_along(page: TestClient):
    assert hear(page, reference=clip_base64(2.0)).json()["voice"]["choice"] == "sadness"


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"clip": base64.b64encode(b"no sound at all").decode()}, 422, "cannot be read as audio"),
        ({"clip": ""}, 422, ""),
        ({"clip": "no base64 !"}, 422, "did not arrive whole"),
        ({"clip": base64.b64encode(bytes(MAX_CLIP + 1)).decode()}, 400, "too large"),
        ({"reference": "AAAA"}, 422, "reference"),
        ({"text": "x" * 2_000}, 400, "1 to 200 characters"),
        ({"text": "\u202e"}, 400, "1 to 200 characters"),
        ({"text": 7}, 400, "not one that the page makes"),
        ({"clip": ["UklG"]}, 400, "not one that the page makes"),
        ({"task": "emotion"}, 400, "not one that the page makes"),
        ({"text": "crash"}, 500, "on our side"),
    ],
)
def test_what_cannot_be_heard_is_one_sentence(
    page: TestClient, changed: dict[str, Any], status: int, said: str
):
    answer = hear(page, **changed)
    assert answer.status_code == status
    assert said in refusal(answer)


@pytest.mark.parametrize("path", [HEAR, "/experiment/begin", "/experiment/outcome", "/board/join"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"[" * 9_000, b"\xff", b'{"a":NaN}'])
def test_odd_bodies_are_one_sentence(page: TestClient, path: str, body: bytes):
    answer = page.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert refusal(answer) == ENGLISH["error_request"]


def test_pages_of_other_sites_cannot_post(page: TestClient):
    """What a form or a plain fetch of another site may send without asking first."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        body = json.dumps({"text": SENTENCE, "n_rounds": 6})
        answer = page.post("/experiment/begin", content=body, headers={"content-type": kind})
        assert answer.status_code == 400


def test_a_body_without_end_is_cut_off(page: TestClient):
    endless = (b"x" * 100_000 for _ in range(200))
    answer = page.post(HEAR, content=endless, headers={"content-type": "application/json"})
    assert answer.status_code == 400


def test_what_came_out_is_shown_and_markup_is_text(page: TestClient):
    evil = "<img src=x onerror=alert(1)>"
    rounds = [a_record(guessed="anger"), a_record(guessed="fear", sentence=evil)]
    html = page.post("/experiment/outcome", json={"rounds": rounds}).json()["html"]
    assert "<img" not in html
    assert "&lt;img src=x" in html
    assert "you 50 % [9–91 %]" in html


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_figures_are_taken_along(page: TestClient, kind: str, begins: bytes):
    answer = page.post(f"/experiment/outcome.{kind}", json={"rounds": [a_record()]})
    assert answer.content.startswith(begins)
    assert f"experiment.{kind}" in answer.headers["content-disposition"]


def test_the_table_is_taken_along(page: TestClient):
    answer = page.post("/experiment/outcome.csv", json={"rounds": [a_record()]})
    assert answer.text.splitlines()[0] == "round,sentence,meant,guessed,words,voice"


@pytest.mark.parametrize("kind", ["exe", "html", "png%00", "..%2fpng"])
def test_no_other_kind_of_file_is_made(page: TestClient, kind: str):
    answer = page.post(f"/experiment/outcome.{kind}", json={"rounds": [a_record()]})
    assert answer.status_code in (400, 404)


def test_too_many_at_once_are_asked_to_come_again(page: TestClient, monkeypatch):
    monkeypatch.setattr(places, "PLACES", 2)
    busy = client()
    with ThreadPoolExecutor(8) as threads, busy:
        answers = list(threads.map(lambda _: hear(busy), range(16)))
    codes = {answer.status_code for answer in answers}
    assert codes == {200, 503}
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refusal(refused) == ENGLISH["error_busy"]
    assert hear(busy).status_code == 200


def test_silence_and_noise_are_told(page: TestClient):
    import io

    import soundfile

    file = io.BytesIO()
    soundfile.write(file, 0 * spoken(1.0), 16_000, format="WAV")
    answer = hear(page, clip=base64.b64encode(file.getvalue()).decode())
    assert answer.status_code == 422
    assert refusal(answer)


def posted(server: Server, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Ask a whole server, with its gate and Gradio."""
    data, kind = json.dumps(body).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.address}{path}", data, kind)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_clips_pass_the_gate_and_larger_bodies_do_not(page_server: Server):
    long = clip_base64(12.0)
    assert len(long) > 300_000
    status, heard = posted(page_server, HEAR, {"text": SENTENCE, "clip": long})
    assert (status, heard["voice"]["choice"]) == (200, "happiness")
    status, said = posted(page_server, HEAR, {"text": SENTENCE, "clip": "A" * 3_000_000})
    assert (status, said["error"]) == (400, ENGLISH["error_request"])


def test_the_page_of_everything_leads_to_the_experiment(page_server: Server):
    with urllib.request.urlopen(page_server.address, timeout=60) as answer:
        shown = answer.read().decode()
    for place in ("experiment", "board"):
        assert f'href=\\"{place}?lang=en\\"' in shown
        with urllib.request.urlopen(f"{page_server.address}/{place}", timeout=60) as answer:
            assert answer.status == 200
