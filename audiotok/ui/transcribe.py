"""Words from a clip, by a Whisper checkpoint where one can be had."""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from audiotok.audio import SAMPLE_RATE, read_audio
from audiotok.errors import AudioError, AudiotokError, BundleError
from audiotok.hub import fetch

logger = logging.getLogger(__name__)

DEFAULT_CHECKPOINT = "openai/whisper-base"
WINDOW_S = 30  # Whisper hears this much at once; longer clips need its timestamps
FILES = ["*.json", "*.safetensors", "merges.txt"]


def transcribe(audio: str | None) -> str:
    """Write down what is said in a clip.

    The checkpoint is ``openai/whisper-base`` or the folder or hub id in the environment variable
    ``AUDIOTOK_WHISPER``.

    Raises
    ------
    AudiotokError
        When there is no clip, or no Whisper checkpoint can be had.
    """
    if not audio:
        raise AudioError("There is no recording yet: record, upload or pick a clip first.")
    recording = read_audio(audio)
    recogniser = _recogniser(os.environ.get("AUDIOTOK_WHISPER", DEFAULT_CHECKPOINT))
    clip = {"raw": recording.samples, "sampling_rate": SAMPLE_RATE}
    return recogniser(clip, return_timestamps=recording.duration_s > WINDOW_S)["text"].strip()


@lru_cache(maxsize=1)
def _recogniser(checkpoint: str) -> Any:
    try:
        folder = Path(checkpoint) if Path(checkpoint).is_dir() else fetch(checkpoint, FILES)
        from transformers import pipeline

        return pipeline(
            "automatic-speech-recognition", model=str(folder), device="cpu", trust_remote_code=False
        )
    except (BundleError, OSError, ValueError) as error:
        logger.info("No transcription: %s", error)
        raise AudiotokError(
            "Transcribing needs a Whisper model, and none is on this machine or within reach; "
            "please type the words instead."
        ) from error
