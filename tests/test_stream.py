"""The token stream: what is gathered from a prediction, what the page gets, what is drawn."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from matplotlib import pyplot
from matplotlib.figure import Figure

from audiotok.analysis.stream import envelope, stream_record
from audiotok.audio import SAMPLE_RATE, Recording
from audiotok.plots.figure import render
from audiotok.plots.stream import stream_figure
from audiotok.prediction import Prediction
from audiotok.ui.stream import stream_value, stream_view
from tests.fake_classifier import make_prediction, make_sequence


@pytest.fixture
def prediction() -> Prediction:
    """Two seconds, of which the first sounds at 200 Hz; every third selected token is read."""
    times = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    buzz = sum(np.sin(2 * np.pi * 200 * k * times) / k for k in range(1, 6)) * 0.2
    recording = Recording(np.where(times < 1, buzz, 0).astype(np.float32))
    whole = make_prediction(recording=recording)
    return replace(whole, sequence=make_sequence("", whole.selected[::3], whole.vocabulary))


def test_every_selected_token_is_there_with_its_time_class_and_fate(prediction: Prediction) -> None:
    record = stream_record(prediction)
    selected = record["selected"]
    assert len(selected) == prediction.n_selected
    assert [token["used"] for token in selected[:6]] == [True, False, False, True, False, False]
    assert sum(token["used"] for token in selected) == prediction.n_used
    for token in selected:
        assert record["codes"][token["layer"] - 1][token["frame"]] == token["code"]
        assert token["start_s"] == pytest.approx(token["frame"] * 0.02)
        assert token["weights"][token["speaks_for"]] == max(token["weights"].values())
    assert [token["frame"] for token in selected] == sorted(token["frame"] for token in selected)


def test_pitch_and_waveform_follow_the_clip(prediction: Prediction) -> None:
    record = stream_record(prediction)
    assert record["pitch_hz"][10] == pytest.approx(200, rel=0.01)
    assert record["pitch_hz"][80] is None
    wave = record["waveform"]
    assert len(wave["low"]) == len(wave["high"]) == 100 * wave["columns_per_frame"]
    assert max(map(abs, wave["low"] + wave["high"])) == 1  # a quiet clip fills the height too
    assert set(wave["low"][-20:] + wave["high"][-20:]) == {0}
    assert record["duration_s"] == 2


def test_the_envelope_is_the_extremes_of_each_column_and_flat_after_the_end() -> None:
    low, high = envelope(np.array([0.5, -0.25, 0.1, -0.5], np.float32), 4, 2)
    assert low == [-0.5, -1, 0, 0]
    assert high == [1, 0.2, 0, 0]


def test_layers_outside_the_configuration_are_told_apart(prediction: Prediction) -> None:
    vocabulary = prediction.vocabulary
    deep = [i for i, (layer, _) in enumerate(vocabulary.pairs) if layer > 1]
    acoustic = replace(
        vocabulary,
        layers=tuple(range(2, 9)),
        pairs=tuple(vocabulary.pairs[i] for i in deep),
        weights=vocabulary.weights[deep],
    )
    selected = acoustic.find(prediction.codes)
    record = stream_record(replace(prediction, vocabulary=acoustic, selected=selected))
    assert record["layers"] == [2, 3, 4, 5, 6, 7, 8]
    assert len(record["codes"]) == record["n_layers"] == 8
    assert all(token["layer"] > 1 for token in record["selected"])


def test_the_page_gets_the_clip_itself_and_a_colour_a_class(prediction: Prediction) -> None:
    value = json.loads(stream_value(prediction))
    assert value["stream"] == stream_record(prediction)
    head, _, content = value["audio"].partition(",")
    assert head == "data:audio/wav;base64"
    samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(content)))
    assert rate_hz == SAMPLE_RATE
    np.testing.assert_allclose(samples, prediction.recording.samples, atol=1 / 32768)
    assert set(value["colours"]) == set(prediction.vocabulary.classes)
    shades = [shade for both in value["colours"].values() for shade in both.values()]
    assert all(re.fullmatch("#[0-9A-Fa-f]{6}", shade) for shade in shades)


def test_nothing_to_show_empties_the_component() -> None:
    assert stream_value(None) == ""


def test_the_component_needs_no_network_and_keeps_values_out_of_its_html() -> None:
    view = stream_view(elem_id="stream")
    assert view.elem_id == "stream"
    for text in (view.html_template, view.css_template, view.js_on_load):
        assert not re.search(r"https?://|@import|\bimport\(|\bfetch\(", text)
    assert "value" not in view.html_template
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(", view.js_on_load)


def test_the_figure_names_classes_layers_and_counts(prediction: Prediction) -> None:
    svg = render(stream_figure(prediction), "svg").decode()
    spoken = [token["speaks_for"] for token in stream_record(prediction)["selected"]]
    for label in prediction.vocabulary.classes:
        assert f"{label} {spoken.count(label)}" in svg
    for words in ("L1", "L8", "pitch, Hz", "time, s", "thinned away", "not selected"):
        assert words in svg


def test_only_thinned_clips_speak_of_thinning(prediction: Prediction) -> None:
    whole = replace(
        prediction, sequence=make_sequence("", prediction.selected, prediction.vocabulary)
    )
    assert "thinned away" not in render(stream_figure(whole), "svg").decode()


def test_light_and_dark_figures_stand_on_their_own_ground(prediction: Prediction) -> None:
    light, dark = (pixels(stream_figure(prediction, dark)) for dark in (False, True))
    assert light[0, 0, :3].min() > 240
    assert dark[0, 0, :3].max() < 60
    assert not pyplot.get_fignums()


def test_longer_clips_make_wider_figures_up_to_a_limit() -> None:
    widths = [stream_figure(make_prediction(duration_s=s)).get_figwidth() for s in (1, 15, 60)]
    assert widths[0] < widths[1] < widths[2] <= 30


def test_a_clip_without_selected_tokens_or_pitch_is_drawn(prediction: Prediction) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * SAMPLE_RATE).astype(np.float32)
    bare = replace(
        prediction,
        recording=Recording(noise),
        selected=(),
        sequence=make_sequence("", (), prediction.vocabulary),
    )
    assert stream_record(bare)["selected"] == []
    assert "happiness 0" in render(stream_figure(bare), "svg").decode()


def test_the_figure_takes_any_class_name_as_it_is(prediction: Prediction) -> None:
    classes = (r"$\frac$", "<b>bold</b>", *prediction.vocabulary.classes[2:])
    odd = replace(prediction, vocabulary=replace(prediction.vocabulary, classes=classes))
    svg = render(stream_figure(odd), "svg").decode()
    assert r"$\frac$" in svg
    assert "<b>" not in svg


def pixels(figure: Figure) -> np.ndarray:
    return (pyplot.imread(io.BytesIO(render(figure, "png"))) * 255).astype(int)
