"""Frozen speech encoders: those of transformers, and a Whisper in CTranslate2's form."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from audiotok import backbone
from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.speech_encoder import CHUNK_S, WhisperEncoder, chunks_of
from audiotok.whisper_files import whisper_folder
from train.experiments.systems.models import find_model
from train.experiments.systems.neural import place

TRANSCRIBER = "transcriber"  # in place of a hub id: the Whisper that audiotok writes words with


class SpeechEncoder(Protocol):
    """Maps waveforms to hidden states; its weights do not change."""

    @property
    def dimension(self) -> int:
        """Of the hidden states."""

    def __call__(self, samples: Samples) -> NDArray[np.float32]:
        """Return the last hidden states, ``(n_frames, dimension)``, of a clip ``(n_samples,)``."""


def find_encoder(source: str) -> Path:
    """Return the folder of an encoder: a hub id, a folder, or ``transcriber``.

    Raises
    ------
    BundleError
        When the model is neither local nor available on the hub.
    """
    return whisper_folder() if source == TRANSCRIBER else find_model(source)


def load_encoder(source: str, device: str | torch.device = "cpu") -> SpeechEncoder:
    """Load the encoder that ``find_encoder`` finds."""
    folder = find_encoder(source)
    if source == TRANSCRIBER:
        return WhisperEncoder(folder)
    return TransformersEncoder(folder, device)


class TransformersEncoder:
    """A WavLM, HuBERT, wav2vec 2.0 or Whisper of the library transformers.

    Parameters
    ----------
    folder : weights, with the feature extractor beside them.
    device : torch device.
    """

    def __init__(self, folder: Path, device: str | torch.device = "cpu") -> None:
        from transformers import AutoFeatureExtractor, AutoModel

        self._extractor = backbone.from_files(AutoFeatureExtractor, folder)
        model = backbone.load_weights(AutoModel, folder).eval()
        self._is_whisper = model.config.model_type == "whisper"
        self._model = model.get_encoder() if self._is_whisper else model
        self._device = place(self._model, torch.device(device))
        self.dimension = int(model.config.hidden_size)

    @torch.inference_mode()
    def __call__(self, samples: Samples) -> NDArray[np.float32]:
        """Return the last hidden states, ``(n_frames, dimension)``, of a clip ``(n_samples,)``."""
        return np.concatenate([self._frames(chunk) for chunk in chunks_of(samples)])

    def _frames(self, chunk: Samples) -> NDArray[np.float32]:
        inputs = self._extractor(chunk, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        heard = next(iter(inputs.values())).to(self._device)
        states = self._model(heard).last_hidden_state[0]
        if self._is_whisper:
            # Whisper pads to 30 s; what stands for padding is cut off.
            states = states[: max(1, round(len(states) * len(chunk) / (CHUNK_S * SAMPLE_RATE)))]
        return np.asarray(states.float().cpu().numpy(), np.float32)
