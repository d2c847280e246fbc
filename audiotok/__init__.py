"""Classify utterances with a text language model that reads selected speech tokens as well.

>>> import audiotok
>>> classifier = audiotok.load("emotion")
>>> prediction = classifier.predict("clip.wav", "I will be there in ten minutes.")
>>> prediction.verdict_text_only, prediction.verdict_text_audio
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audiotok.bundle import Bundle
    from audiotok.classifier import Classifier, load
    from audiotok.codec import Codec
    from audiotok.errors import AudiotokError
    from audiotok.prediction import Prediction

__all__ = ["AudiotokError", "Bundle", "Classifier", "Codec", "Prediction", "load"]

_MODULES = {
    "AudiotokError": "errors",
    "Bundle": "bundle",
    "Classifier": "classifier",
    "Codec": "codec",
    "Prediction": "prediction",
    "load": "classifier",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first access, so that ``import audiotok`` imports no torch."""
    if name not in _MODULES:
        raise AttributeError(f"module 'audiotok' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"audiotok.{_MODULES[name]}"), name)
