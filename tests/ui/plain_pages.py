"""The pages without Gradio, in this process: with the fake classifier, and a clip to send."""

from __future__ import annotations

import base64
import io
from typing import Any

import soundfile
from starlette.applications import Starlette
from starlette.testclient import TestClient

from audiotok.audio import SAMPLE_RATE
from audiotok.board.classes import Classes
from audiotok.ui.models import Models
from audiotok.ui.plain.routes import plain_routes
from tests.fake_classifier import FakeClassifier
from tests.sounds import spoken


def client(classes: Classes | None = None, public: str | None = None) -> TestClient:
    """A client of the pages alone."""
    models = Models({"emotion": FakeClassifier})
    models.start()
    routes = plain_routes(models, classes or Classes(), lambda: public)
    return TestClient(Starlette(routes=routes), raise_server_exceptions=False)


def clip_base64(seconds: float = 1.0) -> str:
    """A clip of a voice as a browser sends it."""
    file = io.BytesIO()
    soundfile.write(file, spoken(seconds), SAMPLE_RATE, format="WAV")
    return base64.b64encode(file.getvalue()).decode()


def refusal(answer: Any) -> str:
    """The one sentence of a refusal."""
    told = answer.json()
    assert set(told) == {"error"}
    assert "Traceback" not in told["error"]
    assert "\n" not in told["error"]
    return told["error"]
