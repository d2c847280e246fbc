"""Training clips of the codec: at several speeds, near the peak level that is encoded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from audiotok.audio import Samples
from train.codec.settings import CodecConfig
from train.corpora.records import Record
from train.encoding.codes import read_clip
from train.encoding.distortions import change_speed


@dataclass(frozen=True)
class Voice:
    """A training clip at one speed.

    Attributes
    ----------
    wave : shape ``(n_samples,)``, resampled to ``speed``, near the peak level that is encoded.
    """

    speaker: tuple[str, str, float]
    wave: Samples
    speed: float


def read_voices(records: list[Record], config: CodecConfig) -> list[Voice]:
    """Read all clips at every speed."""
    clips = tqdm(records, desc="read", unit="clip")
    return [
        voice for number, clip in enumerate(clips) for voice in read_voice(number, clip, config)
    ]


def read_voice(number: int, record: Record, config: CodecConfig) -> list[Voice]:
    """Read a clip at every speed, each within a random 3 dB of the peak level that is encoded."""
    rng = np.random.default_rng([config.seed, number, 2])
    clip = read_clip(record.audio)
    voices = []
    for speed in config.speeds:
        wave = change_speed(clip, speed) if speed != 1 else clip
        peak = (config.model.get("input_peak") or 0.5) * 10 ** (rng.uniform(-3, 3) / 20)
        wave = wave * np.float32(peak / max(float(np.abs(wave).max()), 1e-4))
        voices.append(Voice((record.corpus, record.speaker or record.id, speed), wave, speed))
    return voices
