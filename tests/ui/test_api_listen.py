"""Endpoints for ears and what-ifs, asked as a program asks them."""

from __future__ import annotations

import base64
import io

import pytest
import soundfile
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.page_server import Server


@pytest.fixture(scope="module")
def client(page_server: Server) -> Client:
    return Client(page_server.address, verbose=False)


def test_hear(client, clip):
    record = client.predict(handle_file(clip), "emotion", "2-8", api_name="/hear")
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(record["wav_base64"])))
    assert len(samples) / rate == pytest.approx(1.2)
    assert record["sentence"] == "Heard: layers 2-8, 420 of 480 tokens."
    with pytest.raises(AppError, match="nothing to listen to: choose all"):
        client.predict(handle_file(clip), "emotion", "2-9", api_name="/hear")


def test_swap_gives_four_verdicts_or_a_flat_voice(client, clip):
    record = client.predict(
        *(handle_file(clip), "Hello", "emotion", "Good bye now"),
        handle_file(clip),
        api_name="/swap",
    )
    pairs = [(row["words"], row["voice"]) for row in record["predictions"]]
    assert pairs == [("A", "A"), ("A", "B"), ("B", "A"), ("B", "B")]
    assert record["words"] == ["Hello", "Good bye now"]
    flat = client.predict(handle_file(clip), "Hello", "emotion", api_name="/swap")
    assert flat["sentence"].startswith("With flat pitch and energy")
    assert flat["probabilities_before"]["happiness"] == pytest.approx(0.78)


def test_token(client, clip):
    first = client.predict(handle_file(clip), "emotion", api_name="/tokens")["selected"][0]
    record = client.predict(
        handle_file(clip), "emotion", first["layer"], first["code"], api_name="/token"
    )
    assert record["token"] == first["token"]
    assert record["weights"] == first["weights"]
    assert record["sounds"][0]["start_s"] == first["start_s"]
    assert "token_profiles.json" in record["sentence"]
    with pytest.raises(AppError, match="not in the audio vocabulary"):
        client.predict(handle_file(clip), "emotion", 99, 5, api_name="/token")
