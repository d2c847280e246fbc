"""Speech detection: refuse clips of noise, hum, music or clicks, in which nobody speaks.

The voice activity detector is Silero VAD 6 (Silero Team, MIT), whose package carries its weights.
They are run here rather than by the package: it processes a clip 32 ms at a time, five times
slower, and importing it sets the number of threads of the whole process to one.

It takes some screams for noise, and some melodies and hums for speech. So where its probability is
not high, three more criteria decide. A clip whose level is constant in nearly every mel band is not
speech (noise, hum). A clip that is voiced most of the time and almost perfectly periodic is not
either (instruments). All others are detected again at lower speeds, at which a scream has the pitch
of ordinary speech, and the mean over speeds decides.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

from audiotok.acoustics.measures import Sound
from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.errors import AudioError, BundleError
from audiotok.language import say

CHUNK = 512  # samples that the detector judges together: 32 ms
WINDOW = 10 * SAMPLE_RATE  # a word that is lost in a minute of noise is not in ten seconds
CONTEXT = 64  # samples of the chunk before that it sees again
N_BINS = 129
WIDTH = 128

USUAL_LEVEL = 0.1  # root mean square of the louder half of a clip, as the detector likes it
CERTAIN, CERTAIN_CHUNKS = 0.97, 10  # as likely in that many chunks: no hum and no music was
SLOWER = (1.25, 1.5, 1.75, 2.0, 2.25)
ENOUGH, ENOUGH_CHUNKS = 0.22, 5  # as likely in that many chunks, on average over speeds

STEADY_DB = 7.0  # bands of hum and noise vary by less than 5, those of speech at 5 dB SNR by 9
STEADY_FRAMES = 5  # 0.1 s, over which levels are averaged
PURE_HARMONICITY = 0.9  # reached in three of four voiced frames by instruments alone
PURE_SHARE = 0.5  # of all frames that are voiced; a single vowel may be as pure


def require_speech(samples: Samples) -> None:
    """Raise AudioError unless a clip holds speech.

    Parameters
    ----------
    samples : float32 of shape ``(n_samples,)``, mono, 16 kHz.

    Raises
    ------
    AudioError
        When no speech is detected.
    """
    if not holds_speech(samples):
        raise AudioError(
            say(
                "No speech was heard, only noise, music or other sounds; speak closer to the "
                "microphone or choose a clip with a voice."
            )
        )


def holds_speech(samples: Samples) -> bool:
    """Return whether a clip, shape ``(n_samples,)``, mono, 16 kHz, holds speech anywhere.

    Detection runs on windows of ten seconds that overlap by half.
    """
    last = max(0, len(samples) - WINDOW)
    starts = [*range(0, last, WINDOW // 2), last]
    return any(_window_holds_speech(samples[start : start + WINDOW]) for start in starts)


def _window_holds_speech(samples: Samples) -> bool:
    samples = levelled(samples)
    probabilities = [speech_probabilities(samples)]
    if _nth_largest(probabilities[0], CERTAIN_CHUNKS) >= CERTAIN:
        return True
    if _is_steady(samples) or _is_pure(samples):
        return False
    probabilities += [
        speech_probabilities(soxr.resample(samples, SAMPLE_RATE, speed * SAMPLE_RATE))
        for speed in SLOWER
    ]
    largest = [_nth_largest(of_speed, ENOUGH_CHUNKS) for of_speed in probabilities]
    return float(np.mean(largest)) >= ENOUGH


def speech_probabilities(samples: Samples) -> NDArray[np.float32]:
    """Return the probability of speech in every 32 ms of a clip, shape ``(n_chunks,)``."""
    with torch.inference_mode():
        probabilities: Any = _detector()(torch.from_numpy(np.ascontiguousarray(samples)))
        return np.asarray(probabilities.numpy())


def levelled(samples: Samples) -> Samples:
    """Return a clip scaled so that the root mean square of its louder half is ``USUAL_LEVEL``."""
    power = np.sort(samples.astype(np.float64) ** 2)[len(samples) // 2 :].mean()
    level = np.sqrt(max(power, 1e-12))
    return np.clip(samples * (USUAL_LEVEL / level), -1.0, 1.0).astype(np.float32)


def _is_steady(samples: Samples) -> bool:
    """Return whether the level varies by less than ``STEADY_DB`` in nine of ten mel bands."""
    levels_db = 10 / np.log(10) * Sound(samples).log_mel
    n_frames = min(STEADY_FRAMES, len(levels_db))
    smooth = np.lib.stride_tricks.sliding_window_view(levels_db, n_frames, axis=0).mean(axis=-1)
    low, high = np.percentile(smooth, (5, 95), axis=0)
    return float(np.percentile(high - low, 90)) < STEADY_DB


def _is_pure(samples: Samples) -> bool:
    """Return whether most frames are voiced, and more periodic than a voice is for long."""
    pitch_hz, harmonicity = Sound(samples).voice
    voiced = ~np.isnan(pitch_hz)
    if voiced.mean() <= PURE_SHARE:
        return False
    return float(np.percentile(harmonicity[voiced], 25)) >= PURE_HARMONICITY


def _nth_largest(probabilities: NDArray[np.float32], n_chunks: int) -> float:
    """Return the largest value that ``n_chunks`` reach, or two thirds of the chunks if fewer."""
    n_chunks = min(n_chunks, max(1, 2 * len(probabilities) // 3))
    return float(np.partition(probabilities, -n_chunks)[-n_chunks])


class VoiceActivityDetector(nn.Module):
    """Silero VAD for 16 kHz: STFT and four convolutions in each chunk, an LSTM over chunks."""

    def __init__(self) -> None:
        super().__init__()
        self.stft_conv = nn.Conv1d(1, 2 * N_BINS, 256, stride=128, bias=False)
        self.conv1 = nn.Conv1d(N_BINS, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(WIDTH, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(64, WIDTH, 3, padding=1)
        self.lstm = nn.LSTM(WIDTH, WIDTH, batch_first=True)
        self.final_conv = nn.Conv1d(WIDTH, 1, 1)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """Return the probability of speech in every chunk of 32 ms.

        Parameters
        ----------
        samples : float32 of shape ``(n_samples,)``, 16 kHz.

        Returns
        -------
        Tensor of shape ``(n_chunks,)``.
        """
        missing = -len(samples) % CHUNK
        chunks = functional.pad(samples, (CONTEXT, missing)).unfold(0, CONTEXT + CHUNK, CHUNK)
        parts = self.stft_conv(functional.pad(chunks[:, None], (0, CONTEXT), mode="reflect"))
        features = (parts[:, :N_BINS] ** 2 + parts[:, N_BINS:] ** 2).sqrt()
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            features = layer(features).relu()
        over_time, _ = self.lstm(features.squeeze(-1)[None])
        return self.final_conv(over_time[0].relu()[..., None]).sigmoid()[:, 0, 0]


@lru_cache(maxsize=1)
def _detector() -> VoiceActivityDetector:
    """Load the weights at first use."""
    package = find_spec("silero_vad")  # found, not imported
    if package is None or package.origin is None:
        raise BundleError("The package silero-vad is missing; install what requirements.txt names.")
    weights = load_file(Path(package.origin).parent / "data" / "silero_vad_16k.safetensors")
    state = {
        f"lstm.{name.removeprefix('lstm_cell.')}_l0" if name.startswith("lstm_cell.") else name: w
        for name, w in weights.items()
    }
    detector = VoiceActivityDetector()
    detector.load_state_dict(state)
    return detector.eval().requires_grad_(False)
