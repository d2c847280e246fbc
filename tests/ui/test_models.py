"""Loading in the background, and asking for what is or is not there."""

from __future__ import annotations

import threading

import pytest

from audiotok.errors import BundleError
from audiotok.ui.models import Models, bundle_models
from tests.fake_classifier import FakeClassifier


def test_a_classifier_is_waited_for():
    may_load = threading.Event()

    def load() -> FakeClassifier:
        may_load.wait()
        return FakeClassifier("emotion")

    models = Models({"emotion": load})
    models.start()
    assert not models.is_ready("emotion")
    may_load.set()
    assert models.classifier("emotion").task == "emotion"
    assert models.is_ready("emotion")


def test_a_broken_task_does_not_take_the_others_along():
    def fail() -> FakeClassifier:
        raise BundleError("This bundle is broken.")

    models = Models({"emotion": fail, "sentiment": lambda: FakeClassifier("sentiment")})
    models.start()
    assert models.classifier("sentiment").task == "sentiment"
    with pytest.raises(BundleError, match="broken"):
        models.classifier("emotion")


def test_what_fails_to_load_is_logged_and_told(caplog):
    def fail() -> FakeClassifier:
        raise OSError("disk of 1973")

    told: list[str] = []
    models = Models({"emotion": fail})
    models.start(told.append)
    with pytest.raises(BundleError, match="The model for 'emotion' is not here"):
        models.classifier("emotion")
    assert told == [
        "The model for 'emotion' is not here: it cannot be loaded; the server's log says why."
    ]
    assert "disk of 1973" in caplog.text


def test_a_task_that_is_not_offered_is_refused():
    with pytest.raises(BundleError, match="no task 'irony'"):
        Models({"emotion": FakeClassifier}).classifier("irony")


def test_a_bundle_offers_its_own_task_only(bundle, tmp_path):
    bundle.save_pretrained(tmp_path / "mine")
    assert bundle_models(str(tmp_path / "mine")).tasks == ("emotion",)


def test_a_folder_that_is_no_bundle_is_refused_at_once(tmp_path):
    with pytest.raises(BundleError):
        bundle_models(str(tmp_path))
