"""Endpoints on how a verdict came about, asked as a program asks them."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from audiotok.analysis.flow import GROUPS
from tests.fake_classifier import EMOTIONS, N_HEADS, N_LAYERS
from tests.page_server import Server

TEXT = "Dinner is at seven."


@pytest.fixture(scope="module")
def client(page_server: Server) -> Client:
    return Client(page_server.address, verbose=False)


def numbers(record: dict) -> np.ndarray:
    """Read an array as a program does that knows only the answer."""
    raw = base64.b64decode(record["base64"])
    return np.frombuffer(raw, dtype=record["dtype"]).reshape(record["shape"])


def test_contributions_add_up(client, clip):
    record = client.predict(handle_file(clip), TEXT, "emotion", api_name="/contributions")
    row = record["labels"][0]
    odds = np.exp(sum(row["parts"].values()))
    assert odds / (1 + odds) == pytest.approx(row["probability"], abs=1e-6)
    assert row["probability"] == pytest.approx(0.78)
    assert "for happiness (78%)" in record["sentence"]
    told = client.predict(handle_file(clip), TEXT, "emotion", "fear", api_name="/contributions")
    assert "fear (3%)" in told["sentence"]


def test_occlusion_covers_the_clip(client, clip):
    record = client.predict(handle_file(clip), TEXT, "emotion", api_name="/occlusion")
    assert [step["start_s"] for step in record["steps"]] == pytest.approx(np.arange(6) / 5)
    assert set(record["steps"][0]["effect"]) == set(EMOTIONS)
    assert [row["layer"] for row in record["layers"]] == list(range(1, 9))
    longer = client.predict(handle_file(clip), "", "emotion", 0.4, api_name="/occlusion")
    assert len(longer["steps"]) == 3
    assert longer["words"] is None


def test_knockout_cuts_each_path_in_each_layer(client, clip):
    record = client.predict(handle_file(clip), TEXT, "emotion", api_name="/knockout")
    assert len(record["paths"]) == 3
    windows = record["paths"][0]["windows"]
    assert [w["first_layer"] for w in windows] == [*range(1, N_LAYERS + 1), 1]


def test_flow_accounts_for_all_that_is_read(client, clip):
    record = client.predict(handle_file(clip), TEXT, "emotion", api_name="/flow")
    assert record["groups"] == list(GROUPS)
    assert np.sum(record["origins"], axis=1) == pytest.approx(np.ones(N_LAYERS + 1), abs=1e-4)


def test_the_attention_map_comes_as_bytes(client, clip):
    record = client.predict(handle_file(clip), TEXT, "emotion", 2, 1, api_name="/attention_map")
    weights = numbers(record["weights"])
    assert weights.dtype == np.float16
    assert weights.shape == (len(record["tokens"]),) * 2
    assert weights.astype(float).sum(axis=1) == pytest.approx(np.ones(len(weights)), abs=1e-2)
    pictures = numbers(record["thumbnails"]["pictures"])
    assert pictures.shape[:2] == (N_LAYERS, N_HEADS)
    without = client.predict(
        handle_file(clip), TEXT, "emotion", 2, 1, False, api_name="/attention_map"
    )
    assert {part["kind"] for part in without["parts"]} == {"words", "voice"}


@pytest.mark.parametrize(
    ("name", "more", "sentence"),
    [
        ("/contributions", ["joy"], "There is no label 'joy'"),
        ("/occlusion", [-1.0], "A step lasts some seconds"),
        ("/occlusion", [0.2, "joy"], "There is no label 'joy'"),
        ("/knockout", [99], f"A window has 1 to {N_LAYERS} layers"),
        ("/attention_map", [99, 1], f"layers 1 to {N_LAYERS}, so not 99"),
        ("/attention_map", [1, -1], f"heads 1 to {N_HEADS}, so not -1"),
    ],
)
def test_what_is_not_there_is_one_sentence(client, clip, name, more, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(handle_file(clip), TEXT, "emotion", *more, api_name=name)
