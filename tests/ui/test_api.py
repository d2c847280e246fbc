"""The named endpoints, asked as a program asks them."""

from __future__ import annotations

import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.fake_classifier import N_HEADS, N_LAYERS, RELATIVE
from tests.fake_whisper import SAID
from tests.page_server import Server

N_USERS = 30


@pytest.fixture(scope="module")
def client(page_server: Server) -> Client:
    return Client(page_server.address, verbose=False)


def test_only_these_endpoints_are_offered(client):
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {
        *("/analyse", "/tokens", "/attention", "/transcribe"),
        *("/contributions", "/occlusion", "/knockout", "/flow", "/attention_map"),
        *("/hear", "/swap", "/token", "/lasso_path", "/embedding_map"),
    }


def test_analyse(client, clip):
    record = client.predict(
        handle_file(clip), "Dinner is at seven.", "emotion", api_name="/analyse"
    )
    assert record["verdict_text_only"] == "neutral"
    assert record["verdict_text_audio"] == "happiness"
    assert record["text_audio"]["happiness"] == pytest.approx(0.78)
    assert record["duration_s"] == pytest.approx(1.2)


def test_analyse_without_words(client, clip):
    record = client.predict(handle_file(clip), task="sentiment", api_name="/analyse")
    assert record["sentence"] == "The voice alone sounds positive."


def test_tokens(client, clip):
    record = client.predict(handle_file(clip), "emotion", api_name="/tokens")
    assert len(record["codes"]) == record["n_layers"] == 8
    first = record["selected"][0]
    assert record["codes"][first["layer"] - 1][first["frame"]] == first["code"]


def test_transcribe(client, clip):
    record = client.predict(handle_file(clip), api_name="/transcribe")
    assert (record["text"], record["language"], record["note"]) == (SAID, "en", "")
    assert [word["word"] for word in record["words"]] == SAID.split()
    assert record["words"][-1]["end_s"] == pytest.approx(1.2)


def test_attention(client, clip):
    record = client.predict(
        handle_file(clip), "Dinner is at seven.", "emotion", 2, 1, api_name="/attention"
    )
    assert (record["n_layers"], record["n_heads"]) == (N_LAYERS, N_HEADS)
    assert (record["layer"], record["head"]) == (2, 1)
    assert sum(token["weight"] for token in record["tokens"]) == pytest.approx(1, abs=1e-3)


def test_a_reference_is_optional_and_last(client, clip):
    analysed = client.predict(handle_file(clip), "Hello", "emotion", api_name="/analyse")
    assert analysed["n_references"] == 0
    analysed = client.predict(
        handle_file(clip), "Hello", "emotion", handle_file(clip), api_name="/analyse"
    )
    assert analysed["n_references"] == 1
    assert analysed["text_audio"]["sadness"] == pytest.approx(RELATIVE["emotion"][1])
    attended = client.predict(
        handle_file(clip), "Hello", "emotion", reference=handle_file(clip), api_name="/attention"
    )
    assert attended["n_layers"] == N_LAYERS


def fetch(address: str, body: bytes | None = None, kind: str = "application/json") -> str:
    request = urllib.request.Request(address, body, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode()


def uploaded(page_server: Server, clip: Path) -> dict[str, object]:
    """Upload a clip by hand and give what names it in a call."""
    head = '--end\r\nContent-Disposition: form-data; name="files"; filename="clip.wav"\r\n\r\n'
    body = head.encode() + clip.read_bytes() + b"\r\n--end--\r\n"
    address = f"{page_server.address}/gradio_api/upload"
    (path,) = json.loads(fetch(address, body, "multipart/form-data; boundary=end"))
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def test_a_plain_http_call_may_leave_the_reference_out(page_server: Server, clip: Path):
    audio = uploaded(page_server, clip)
    for name, data in (
        ("analyse", [audio, "Hello", "emotion"]),
        ("attention", [audio, "Hello", "emotion", 0, 0]),
    ):
        call = f"{page_server.address}/gradio_api/call/{name}"
        event = json.loads(fetch(call, json.dumps({"data": data}).encode()))["event_id"]
        assert "event: complete" in fetch(f"{call}/{event}")


def test_a_bad_reference_is_one_sentence(client, clip, tmp_path):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound")
    for name in ("/analyse", "/attention"):
        with pytest.raises(AppError, match=r"^The reference clip: .*cannot be read as audio"):
            client.predict(
                handle_file(clip), "", "emotion", reference=handle_file(broken), api_name=name
            )


def test_what_goes_wrong_is_one_sentence(client, clip, tmp_path):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound")
    for audio, text, sentence in (
        (broken, "", "cannot be read as audio"),
        (clip, "a" * 10_000, "at most 2,000 are read"),
        (clip, "crash", "Something went wrong on our side"),
    ):
        with pytest.raises(AppError, match=sentence):
            client.predict(handle_file(audio), text, "emotion", api_name="/analyse")


def test_files_of_the_server_cannot_be_asked_for(client):
    with pytest.raises(AppError):
        client.predict(
            {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}},
            "",
            "emotion",
            api_name="/analyse",
        )


def test_thirty_people_get_their_own_thirty_answers(page_server: Server, clip: Path):
    def ask(number: int) -> tuple[str, str]:
        # Thirty clients that start at once on two cores wait longer than the usual 5 s.
        client = Client(page_server.address, verbose=False, httpx_kwargs={"timeout": 120})
        text = f"I am number {number}."
        record = client.predict(handle_file(clip), text, "emotion", api_name="/analyse")
        return text, record["text"]

    with ThreadPoolExecutor(N_USERS) as people:
        answers = list(people.map(ask, range(N_USERS)))
    assert len(answers) == N_USERS
    assert all(asked == answered for asked, answered in answers)
