"""The mel spectrogram: as librosa computes it, with its frequencies where they are said to be."""

from __future__ import annotations

import base64

import librosa
import numpy as np
import pytest

from audiotok.analysis.spectrogram import (
    N_BANDS,
    N_FFT,
    RANGE_DB,
    WINDOW,
    mel_spectrogram,
    place_of,
    spectrogram_record,
)
from audiotok.audio import SAMPLE_RATE
from audiotok.plots.figure import render
from audiotok.plots.stream import stream_figure
from tests.fake_classifier import make_prediction
from tests.sounds import spoken

HOP = 160


def test_it_is_the_one_that_librosa_computes() -> None:
    samples, n_columns = spoken(0.6, 180.0), 60
    edge = (N_FFT - HOP) // 2
    power = librosa.feature.melspectrogram(
        y=np.pad(samples, edge),
        sr=SAMPLE_RATE,
        n_fft=N_FFT,
        win_length=WINDOW,
        hop_length=HOP,
        center=False,
        n_mels=N_BANDS,
        htk=True,
        norm=None,
    )
    decibels = librosa.power_to_db(power, ref=np.max, top_db=RANGE_DB)
    found = mel_spectrogram(samples, n_columns, HOP)
    np.testing.assert_allclose(found, decibels / RANGE_DB + 1, atol=5e-3)


@pytest.mark.parametrize("hz", [400, 1_000, 4_000])
def test_a_tone_is_loudest_where_its_frequency_is(hz: int) -> None:
    times = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = (0.3 * np.sin(2 * np.pi * hz * times)).astype(np.float32)
    band = mel_spectrogram(tone, 100, HOP)[:, 50].argmax()
    assert (band + 0.5) / N_BANDS == pytest.approx(place_of(hz), abs=0.6 / N_BANDS)


def test_a_sound_is_seen_when_it_sounds() -> None:
    samples = np.zeros(SAMPLE_RATE, dtype=np.float32)
    samples[8_000] = 1.0
    loud = mel_spectrogram(samples, 120, HOP).max(axis=0)  # 20 columns after its end
    assert loud.argmax() in (49, 50)
    assert loud[[0, 99, 119]].max() == 0


def test_silence_is_silent() -> None:
    assert mel_spectrogram(np.zeros(3_200, dtype=np.float32), 20, HOP).max() == 0


def test_the_page_gets_bytes_two_columns_a_frame() -> None:
    prediction = make_prediction(duration_s=1.0)
    record = spectrogram_record(prediction)
    levels = record["levels"]
    assert levels["shape"] == [N_BANDS, 2 * prediction.n_frames]
    picture = np.frombuffer(base64.b64decode(levels["base64"]), dtype=np.uint8)
    assert picture.max() == 255
    assert [hz for hz, _ in record["ticks"]] == [500, 1_000, 2_000, 4_000]
    places = [place for _, place in record["ticks"]]
    assert places == sorted(places)


def test_it_is_drawn_behind_the_pitch() -> None:
    prediction = make_prediction(duration_s=1.0)
    assert "4 kHz" in render(stream_figure(prediction, spectrogram=True), "svg").decode()
    assert "4 kHz" not in render(stream_figure(prediction), "svg").decode()
