"""How fast pitch is tracked, and how often wrongly, beside librosa's pYIN.

``python -m tests.benchmarks.pitch`` tracks synthetic voices whose pitch is known, in quiet and in
white noise, and prints milliseconds a clip, the share of voiced frames that are found, and that of
the found ones that are off by more than a fifth (gross errors).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import librosa
import numpy as np
from numpy.typing import NDArray

from audiotok.acoustics.pitch import CEILING_HZ, FLOOR_HZ, pitch_hz
from audiotok.audio import SAMPLE_RATE, Samples
from tests.sounds import SYLLABLES_HZ, spoken, times

SECONDS, FRAME = 5.0, 320
N_FRAMES = int(SECONDS * SAMPLE_RATE / FRAME)
VOICES_HZ = (90.0, 120.0, 160.0, 210.0, 280.0)
GROSS = 0.2
Track = NDArray[np.float64]


def truth(hz: float) -> tuple[Track, NDArray[np.bool_]]:
    """Pitch of ``tests.sounds.spoken`` in the middle of each frame, and whether it is loud."""
    at = times(SECONDS)[FRAME // 2 :: FRAME][:N_FRAMES]
    pitch = hz * (1 + 0.12 * np.sin(2 * np.pi * 1.3 * at + 0.5) + 0.02 * np.sin(18 * np.pi * at))
    return pitch, 2.2 * np.sin(np.pi * (at * SYLLABLES_HZ % 1)) > 0.5


def ours(samples: Samples) -> Track:
    """What the package uses."""
    return pitch_hz(samples, N_FRAMES)


def pyin(samples: Samples) -> Track:
    """Mauch & Dixon 2014, for the same frames and range."""
    padded = np.pad(samples[FRAME // 2 :], (0, 1024))
    found, _, _ = librosa.pyin(
        padded, fmin=FLOOR_HZ, fmax=CEILING_HZ, sr=SAMPLE_RATE, frame_length=1024, hop_length=FRAME
    )
    return np.asarray(found[:N_FRAMES])


def measure(track: Callable[[Samples], Track], snr_db: float | None) -> str:
    """Track all voices and say how that went."""
    rng = np.random.default_rng(0)
    n_gross = n_found = n_voiced = 0
    seconds = 0.0
    for hz in VOICES_HZ:
        samples = spoken(SECONDS, hz)
        if snr_db is not None:
            deviation = np.sqrt(np.mean(samples**2) / 10 ** (snr_db / 10))
            noise = rng.normal(0, deviation, len(samples))
            samples = (samples + noise).astype(np.float32)
        began = time.perf_counter()
        found = track(samples)
        seconds += time.perf_counter() - began
        pitch, voiced = truth(hz)
        both = voiced & ~np.isnan(found)
        n_gross += int((np.abs(found[both] / pitch[both] - 1) > GROSS).sum())
        n_found, n_voiced = n_found + int(both.sum()), n_voiced + int(voiced.sum())
    return (
        f"{1e3 * seconds / len(VOICES_HZ):7.0f} ms  found {n_found / n_voiced:.1%}  "
        f"gross errors {n_gross / n_found:.2%}"
    )


if __name__ == "__main__":
    began = time.perf_counter()
    pyin(spoken(0.5))
    print(f"first call of pyin: {time.perf_counter() - began:.1f} s")
    for snr_db in (None, 20.0, 10.0):
        for track in (ours, pyin):
            where = "quiet" if snr_db is None else f"{snr_db:.0f} dB"
            print(f"{where:6} {track.__name__:5} {measure(track, snr_db)}")
