"""Endpoints for ears and what-ifs, asked as a program asks them."""

from __future__ import annotations

import base64
import io
from collections import Counter

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
    assert record["profile"]["pitch_semitones"] == 3.1
    assert "high (+3.1 semitones)" in record["sentence"]
    with pytest.raises(AppError, match="not in the audio vocabulary"):
        client.predict(handle_file(clip), "emotion", 99, 5, api_name="/token")


def test_what_an_older_bundle_does_not_know_is_one_sentence(client, clip):
    first = client.predict(handle_file(clip), "sentiment", api_name="/tokens")["selected"][0]
    record = client.predict(
        handle_file(clip), "sentiment", first["layer"], first["code"], api_name="/token"
    )
    assert record["profile"] is None
    assert "token_profiles.json" in record["sentence"]
    for name, sentence in (
        ("/lasso_path", "does not say in which order the lasso took its tokens"),
        ("/embedding_map", "has no file 'embedding_map.json'"),
    ):
        with pytest.raises(AppError, match=sentence):
            client.predict(handle_file(clip), "sentiment", api_name=name)


def test_lasso_path_counts_the_clip_along_the_path(client, clip):
    selected = client.predict(handle_file(clip), "emotion", api_name="/tokens")["selected"]
    record = client.predict(handle_file(clip), "emotion", api_name="/lasso_path")
    assert [each["rank"] for each in record["path"]] == list(range(1, 61))
    counts = Counter(each["token"] for each in selected)
    assert {each["token"]: each["n_in_clip"] for each in record["path"] if each["n_in_clip"]} == (
        counts
    )
    assert record["path"][-1]["n_kept"] == record["n_in_clip"] == len(selected)
    assert record["sizes"]["language_model"][-1] == {
        "n_tokens": 60,
        "macro_f1": {"nemo": 0.5, "ravdess": 0.3},
    }


def test_embedding_map_marks_the_tokens_of_the_clip(client, clip):
    selected = client.predict(handle_file(clip), "emotion", api_name="/tokens")["selected"]
    record = client.predict(handle_file(clip), "emotion", api_name="/embedding_map")
    starts: dict[str, list[float]] = {}
    for each in selected:
        starts.setdefault(each["token"], []).append(each["start_s"])
    found = {each["token"]: each["starts_s"] for each in record["tokens"] if each["starts_s"]}
    assert found == starts
    assert len(record["tokens"]) == 60
    assert record["words"][0] == {"word": "happy", "x": 0.1, "y": 0.2}
