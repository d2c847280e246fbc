"""The attention map's tab: the layer and head that are picked, whatever a client sends."""

from __future__ import annotations

import json

import pytest

from audiotok.analysis.attention_map import THUMBNAIL, thumbnails
from audiotok.errors import AudiotokError
from audiotok.ui.analysed import Analysis
from audiotok.ui.map_view import MapView, model_value
from audiotok.ui.models import Models
from tests.fake_classifier import N_HEADS, N_LAYERS, FakeClassifier, make_prediction
from tests.fake_whisper import TRANSCRIBERS


@pytest.fixture
def view() -> MapView:
    return MapView(Models({"emotion": FakeClassifier}, TRANSCRIBERS["words"]()))


def test_the_picture_that_is_pressed_is_opened(view):
    analysis = Analysis(make_prediction(), n_heads=(N_LAYERS, N_HEADS))
    picked = view.pick(analysis, f"{N_LAYERS}:2")
    assert (picked.layer, picked.head) == (N_LAYERS, 2)


@pytest.mark.parametrize("picked", [None, 7, [1, 2], "", "0:1", f"{N_LAYERS + 1}:1", "1:9", "{}"])
def test_what_is_not_there_is_one_sentence(view, picked):
    analysis = Analysis(make_prediction(), n_heads=(N_LAYERS, N_HEADS))
    with pytest.raises(AudiotokError, match=f"{N_LAYERS} layers of {N_HEADS} heads"):
        view.pick(analysis, picked)


def test_pictures_are_bytes_with_the_one_that_is_open():
    prediction = FakeClassifier().predict(
        (16_000, make_prediction().recording.samples), "Dinner.", attentions=True
    )
    value = json.loads(model_value(thumbnails(prediction), 2, None))
    assert value["pictures"]["shape"] == [N_LAYERS, N_HEADS, THUMBNAIL, THUMBNAIL]
    assert value["pictures"]["dtype"] == "u1"
    assert (value["layer"], value["head"]) == (2, None)
