"""Every view of a clip that lacks something says in one sentence what it can't show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audiotok.errors import AudiotokError
from audiotok.prediction import Prediction
from audiotok.ui.analysed import Analysis
from audiotok.ui.answers import MAX_CHARACTERS
from audiotok.ui.attention_view import AttentionView
from audiotok.ui.deciding_view import DecidingView
from audiotok.ui.embeddings_view import EmbeddingsView
from audiotok.ui.flow_view import FlowView
from audiotok.ui.lazy_view import LazyView
from audiotok.ui.lesson_view import LessonView
from audiotok.ui.map_view import MapView
from audiotok.ui.models import Models
from audiotok.ui.path_view import PathView
from tests.fake_classifier import FakeClassifier, make_prediction, make_sequence, telling_bundle
from tests.fake_whisper import TRANSCRIBERS

VIEWS: tuple[type[LazyView], ...] = (
    LessonView,
    DecidingView,
    FlowView,
    AttentionView,
    MapView,
    PathView,
    EmbeddingsView,
)


def models(*, older: bool = False) -> Models:
    classifier = FakeClassifier()
    if not older:
        classifier.bundle = telling_bundle("emotion")
    found = Models({"emotion": lambda: classifier}, TRANSCRIBERS["words"]())
    found.start()
    return found


def without_selected() -> Prediction:
    prediction = make_prediction()
    sequence = make_sequence(prediction.text, (), prediction.vocabulary)
    return replace(prediction, selected=(), sequence=sequence)


def refused(models: Models, analysis: Analysis) -> set[str]:
    """Names of the views that show nothing; what they say is one sentence."""
    found = set()
    for kind in VIEWS:
        view = kind(models)
        try:
            looked, updates = view.look(analysis)
        except AudiotokError as error:
            assert_one_sentence(str(error))
            found.add(kind.name)
            continue
        assert any(updates)
        try:
            _, later = view.finish(looked)
        except AudiotokError as error:  # what stands there already stays
            assert_one_sentence(str(error))
        else:
            assert any(later) or not later
    return found


def assert_one_sentence(said: str) -> None:
    assert said.endswith(".")
    assert "\n" not in said


def test_every_view_is_asked() -> None:
    from audiotok.ui import page

    assert {kind.__name__ for kind in VIEWS} == {
        name for name in vars(page) if name.endswith("View") and name != "LazyView"
    }


@pytest.mark.parametrize(
    "prediction",
    [
        make_prediction(text=""),
        make_prediction(text="word " * (MAX_CHARACTERS // 5), duration_s=60.0),
        without_selected(),
    ],
    ids=["without words", "a minute with 2,000 characters", "without selected tokens"],
)
def test_an_odd_clip_is_shown(prediction: Prediction) -> None:
    assert refused(models(), Analysis(prediction)) == set()


def test_layers_and_heads_that_are_not_there_become_the_mean() -> None:
    analysis = Analysis(make_prediction(), layer=99, head=-3, label="joy")
    assert refused(models(), analysis) == set()


def test_an_older_bundle_has_neither_path_nor_map_and_all_else() -> None:
    assert refused(models(older=True), Analysis(make_prediction())) == {"path", "embeddings"}
