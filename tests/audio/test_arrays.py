"""Samples as libraries hand them over mean the same sound; what cannot be understood is said."""

from __future__ import annotations

import array
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from audiotok.audio import SAMPLE_RATE, as_sources, read_audio
from audiotok.errors import AudioError
from tests.audio.sounds import voice, wav_of

VOICE = voice(1.0)
INT16 = (VOICE * 32_767).astype(np.int16)
EXPECTED = read_audio((SAMPLE_RATE, INT16)).samples
WAV = wav_of(VOICE)


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(INT16.astype(np.int32), id="int32 of 16 bits"),
        pytest.param(INT16.astype(np.int64), id="int64 of 16 bits"),
        pytest.param(INT16.astype(np.int32) << 16, id="int32 of 32 bits"),
        pytest.param(INT16.astype(np.int32) * 256 + 1, id="int32 of 24 bits"),
        pytest.param(INT16.astype(np.int64) << 16, id="int64 of 32 bits"),
        pytest.param(INT16.astype(np.int64) << 48, id="int64 of 64 bits"),
        pytest.param(INT16.astype(np.float32), id="float32 of 16 bits"),
        pytest.param(INT16.astype(">i2"), id="big-endian"),
        pytest.param(VOICE.astype(">f4"), id="big-endian float"),
        pytest.param(VOICE.astype(np.float16), id="float16"),
        pytest.param(INT16[None], id="(1, n)"),
        pytest.param(INT16[:, None], id="(n, 1)"),
        pytest.param(np.stack([INT16, INT16]), id="(2, n)"),
        pytest.param(np.stack([INT16, INT16], axis=1), id="(n, 2)"),
        pytest.param(INT16[None, None], id="(1, 1, n)"),
        pytest.param(INT16.tolist(), id="list"),
        pytest.param(tuple(VOICE.tolist()), id="tuple"),
        pytest.param([INT16.tolist()] * 2, id="list of channels"),
        pytest.param(array.array("h", INT16.tolist()), id="array.array"),
        pytest.param(np.ma.masked_array(INT16, mask=INT16 == 32_767), id="masked"),
        pytest.param(INT16[::-1][::-1], id="strided"),
        pytest.param(torch.from_numpy(VOICE), id="tensor"),
        pytest.param(torch.from_numpy(VOICE)[None], id="tensor (1, n)"),
        pytest.param(torch.from_numpy(VOICE).bfloat16(), id="bfloat16"),
        pytest.param(torch.from_numpy(VOICE).requires_grad_(), id="tensor that learns"),
        pytest.param(torch.from_numpy(INT16), id="int16 tensor"),
    ],
)
@pytest.mark.parametrize("order", ["rate first", "samples first"])
def test_the_same_samples_in_any_clothes(samples: Any, order: str) -> None:
    pair = (SAMPLE_RATE, samples) if order == "rate first" else (samples, SAMPLE_RATE)

    np.testing.assert_allclose(read_audio(pair).samples, EXPECTED, atol=2e-3)


@pytest.mark.parametrize(
    "rate",
    [
        "16000",
        " 16000 ",
        "16000.0",
        16_000.0,
        np.int32(16_000),
        np.float64(16_000),
        np.array(16_000),
    ],
)
def test_a_rate_in_any_clothes(rate: Any) -> None:
    np.testing.assert_array_equal(read_audio((rate, INT16)).samples, EXPECTED)
    np.testing.assert_array_equal(read_audio((INT16, rate)).samples, EXPECTED)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(io.BytesIO(WAV), id="BytesIO"),
        pytest.param(bytearray(WAV), id="bytearray"),
        pytest.param(memoryview(WAV), id="memoryview"),
        pytest.param({"array": INT16, "sampling_rate": SAMPLE_RATE}, id="array of datasets"),
        pytest.param({"bytes": WAV, "path": None}, id="bytes of datasets"),
        pytest.param([SAMPLE_RATE, INT16], id="list of two"),
    ],
)
def test_a_file_in_any_clothes(source: Any) -> None:
    np.testing.assert_allclose(read_audio(source).samples, EXPECTED, atol=1e-4)


def test_open_files_are_read_from_their_beginning(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(WAV)
    written = io.BytesIO()
    written.write(WAV)

    np.testing.assert_allclose(read_audio(written).samples, EXPECTED, atol=1e-4)
    with path.open("rb") as file:
        np.testing.assert_allclose(read_audio(file).samples, EXPECTED, atol=1e-4)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ((SAMPLE_RATE, ["a", "b"]), "number and an array"),
        ((SAMPLE_RATE, [[1, 2], [3]]), "no array of numbers"),
        (("16 kHz", INT16), "number and an array"),
        ((float("nan"), INT16), "must be a number of Hz"),
        ((0, INT16), "0 Hz"),
        ((-16_000, INT16), "-16000 Hz"),
        ((1, 2), "number and an array"),
        ((INT16, INT16), "number and an array"),
        (INT16, "need their rate"),
        (torch.from_numpy(INT16), "need their rate"),
        (42, "not int"),
        (io.StringIO("text"), '"rb"'),
        ({"text": "words"}, "not text"),
        ((SAMPLE_RATE, None), "no recording yet"),
        ((), "no recording yet"),
        ("clip\0.wav", "no audio file"),
        ((SAMPLE_RATE, np.zeros((SAMPLE_RATE, 33), np.int16)), "33 channels"),
    ],
)
def test_what_cannot_be_understood_gets_a_sentence(source: Any, said: str) -> None:
    with pytest.raises(AudioError) as caught:
        read_audio(source)

    assert said in str(caught.value)
    assert str(caught.value).endswith(".")


def test_references_in_lists_and_tuples() -> None:
    pair = (SAMPLE_RATE, INT16)

    assert as_sources(None) == []
    assert as_sources("a.wav") == ["a.wav"]
    assert as_sources(("a.wav", "b.wav")) == ["a.wav", "b.wav"]
    assert as_sources(["a.wav", None]) == ["a.wav"]
    assert as_sources(pair) == [pair]
    assert as_sources((pair, pair, "c.wav")) == [pair, pair, "c.wav"]
    assert as_sources((pair, pair)) == [pair, pair]
