"""Frozen speech encoders: those of transformers, and a Whisper in CTranslate2's form."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from audiotok import backbone
from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.errors import BundleError
from audiotok.whisper_files import whisper_folder
from train.experiments.systems.models import find_model
from train.experiments.systems.neural import place

TRANSCRIBER = "transcriber"  # in place of a hub id: the Whisper that audiotok writes words with
CHUNK_S = 30  # what Whisper reads at once, and as much as a laptop wants to attend over
MEL_PER_STATE = 2  # Whisper's second convolution halves the mel frames


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
        return CTranslate2Whisper(folder)
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
        return np.concatenate([self._frames(chunk) for chunk in _chunks(samples)])

    def _frames(self, chunk: Samples) -> NDArray[np.float32]:
        inputs = self._extractor(chunk, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        heard = next(iter(inputs.values())).to(self._device)
        states = self._model(heard).last_hidden_state[0]
        if self._is_whisper:
            # Whisper pads to 30 s; what stands for padding is cut off.
            states = states[: max(1, round(len(states) * len(chunk) / (CHUNK_S * SAMPLE_RATE)))]
        return np.asarray(states.float().cpu().numpy(), np.float32)


class CTranslate2Whisper:
    """A Whisper's encoder run by CTranslate2 in 8-bit integers, on clips of any length.

    Parameters
    ----------
    folder : ``model.bin`` and what stands beside it.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import ctranslate2
            from faster_whisper.feature_extractor import FeatureExtractor
        except ImportError as error:
            raise BundleError(
                'Encoding speech with CTranslate2 needs faster-whisper; install it with "pip '
                "install 'audiotok[transcribe]'\"."
            ) from error
        self._to_storage = ctranslate2.StorageView.from_array
        self._log_mel = FeatureExtractor()
        n_threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
        self._model = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", intra_threads=n_threads
        )

    @cached_property
    def dimension(self) -> int:
        """Of the hidden states, found by hearing a tenth of a second of silence."""
        return int(self(np.zeros(SAMPLE_RATE // 10, np.float32)).shape[1])

    def __call__(self, samples: Samples) -> NDArray[np.float32]:
        """Return the hidden states, ``(n_frames, dimension)``, 50 a second."""
        return np.concatenate([self._frames(chunk) for chunk in _chunks(samples)])

    def _frames(self, chunk: Samples) -> NDArray[np.float32]:
        mel = self._log_mel(np.asarray(chunk, np.float32), padding=0)
        n_used = max(MEL_PER_STATE, mel.shape[1] - mel.shape[1] % MEL_PER_STATE)
        mel = np.pad(mel, ((0, 0), (0, max(0, n_used - mel.shape[1]))))[:, :n_used]
        features = np.ascontiguousarray(mel[None], dtype=np.float32)
        states = self._model.encode(self._to_storage(features), to_cpu=True)
        return np.array(states, dtype=np.float32)[0]


def _chunks(samples: Samples) -> list[Samples]:
    """Cut ``(n_samples,)`` into pieces that an encoder reads at once."""
    size = CHUNK_S * SAMPLE_RATE
    chunks = [samples[first : first + size] for first in range(0, len(samples), size)]
    # A crumb behind the last whole chunk is shorter than the encoder's window.
    return [c for c in chunks if len(c) >= SAMPLE_RATE // 10] or chunks[:1]
