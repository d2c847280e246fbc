"""Pitch, level, spectral tilt and harmonicity of a clip's frames, in a phonetician's units."""

from __future__ import annotations

from dataclasses import dataclass

import librosa
import numpy as np
from numpy.typing import NDArray

from audiotok.acoustics.measures import FRAME, WINDOW
from audiotok.acoustics.pitch import track_voice
from audiotok.audio import SAMPLE_RATE, Samples

TILT_HZ = (100.0, 5_000.0)  # the spectrum between which the slope is fitted
FLOOR = 1e-10  # of power; -100 dB of full scale

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FrameMeasures:
    """Measures of a clip's frames, each of shape ``(n_frames,)``, 50 frames a second.

    Attributes
    ----------
    pitch_hz : fundamental frequency; NaN where unvoiced.
    level_db : power over the mean power of the clip.
    tilt_db_per_octave : slope of the power spectrum from 100 Hz to 5 kHz, every octave alike.
    harmonicity : highest normalised autocorrelation, 0 to 1.
    """

    pitch_hz: Array
    level_db: Array
    tilt_db_per_octave: Array
    harmonicity: Array


def measure_frames(samples: Samples, n_frames: int) -> FrameMeasures:
    """Measure a waveform, shape ``(n_samples,)``, mono, 16 kHz, in ``n_frames`` frames of 20 ms."""
    pitch_hz, harmonicity = track_voice(samples, n_frames)
    short = max(0, (n_frames - 1) * FRAME + WINDOW - len(samples))
    padded = np.pad(samples, ((WINDOW - FRAME) // 2, short))
    spectrum = librosa.stft(
        padded.astype(np.float64), n_fft=WINDOW, hop_length=FRAME, window="hann", center=False
    )[:, :n_frames]
    power = np.abs(spectrum) ** 2 + FLOOR
    total = power.sum(axis=0)
    return FrameMeasures(
        pitch_hz,
        10 * np.log10(total / total.mean()),
        _tilt(power),
        harmonicity,
    )


def _tilt(power: Array) -> Array:
    """Fit a line to the level over octaves, bins weighted by the share of an octave they span."""
    hz = librosa.fft_frequencies(sr=SAMPLE_RATE, n_fft=WINDOW)
    used = (hz >= TILT_HZ[0]) & (hz <= TILT_HZ[1])
    octaves, weight = np.log2(hz[used]), 1 / hz[used]
    centred = octaves - np.average(octaves, weights=weight)
    slope = (weight * centred) / (weight * centred**2).sum()
    return np.asarray(slope @ (10 * np.log10(power[used])))
