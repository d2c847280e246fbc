"""What phoneticians measure of a clip's voice, one number each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks
from scipy.stats import linregress

from audiotok.acoustics.measures import FRAME
from audiotok.audio import SAMPLE_RATE, Samples
from train.evaluation.frame_measures import measure_frames
from train.studies.acoustics.glottal_flow import amplitude_quotients, h1_h2_db
from train.studies.acoustics.periodicity import (
    cepstral_prominence_db,
    harmonicity_db,
    jitter_and_shimmer,
)
from train.studies.acoustics.spectrum import centroid_and_roll_off_hz, formant_spread_hz
from train.studies.acoustics.voice import Voice, windows_around

Array = NDArray[np.float64]

MIDDLE = (10, 90)  # percentiles between which the range of pitch lies
HOP_S, LOUDNESS_WINDOW_S = 0.01, 0.04
SYLLABLE_DIP_DB, SYLLABLE_FLOOR_DB = 2.0, 25.0  # de Jong & Wempe 2009
SYLLABLE_APART = 5  # steps of 10 ms


@dataclass(frozen=True)
class Measure:
    """A measure: what it is called, its unit, and words for less and for more of it."""

    name: str
    unit: str
    less: str
    more: str


MEASURES = {
    "pitch": Measure("pitch, median", "semitones", "low", "high"),
    "pitch_range": Measure("pitch, 10 to 90 %", "semitones", "monotonous", "lively"),
    "pitch_slope": Measure("pitch, slope", "semitones/s", "falling", "rising"),
    "intensity": Measure("intensity", "dB", "soft", "loud"),
    "centroid": Measure("spectral centroid", "Hz", "dark", "bright"),
    "tilt": Measure("spectral slope", "dB/octave", "dark", "bright"),
    "roll_off": Measure("spectral roll-off, 85 %", "Hz", "dark", "bright"),
    "formant_spread": Measure("formant spread", "Hz", "close formants", "wide formants"),
    "harmonicity": Measure("harmonics-to-noise", "dB", "noisy", "clear"),
    "cepstral_prominence": Measure("cepstral peak prominence", "dB", "noisy", "clear"),
    "jitter": Measure("jitter, local", "%", "steady", "rough"),
    "shimmer": Measure("shimmer, local", "%", "steady", "rough"),
    "h1_h2": Measure("H1–H2", "dB", "pressed", "breathy"),
    "amplitude_quotient": Measure("normalised amplitude quotient", "", "pressed", "breathy"),
    "rate": Measure("speech rate", "syllables/s", "slow", "fast"),
}


def measure_clip(samples: Samples) -> dict[str, float]:
    """Measure a waveform, shape ``(n_samples,)``, mono, 16 kHz, by the names of ``MEASURES``.

    Pitch is in semitones above 1 Hz, to be compared with the speaker's own; measures of frames are
    medians over voiced ones. NaN where something cannot be measured: nothing is voiced, or too
    little.
    """
    voice = Voice.of(samples)
    centroid, roll_off = centroid_and_roll_off_hz(voice)
    tilt = measure_frames(samples, len(voice.pitch_hz)).tilt_db_per_octave[voice.voiced]
    jitter, shimmer = jitter_and_shimmer(voice)
    return {
        **_pitch(voice),
        "intensity": _intensity_db(voice),
        "centroid": _median(centroid),
        "tilt": _median(tilt),
        "roll_off": _median(roll_off),
        "formant_spread": _median(formant_spread_hz(voice)),
        "harmonicity": _median(harmonicity_db(voice)),
        "cepstral_prominence": _median(cepstral_prominence_db(voice)),
        "jitter": 100 * jitter,
        "shimmer": 100 * shimmer,
        "h1_h2": _median(h1_h2_db(voice)),
        "amplitude_quotient": _median(amplitude_quotients(voice)),
        "rate": syllables_per_second(voice),
    }


def _median(values: Array) -> float:
    kept = values[np.isfinite(values)]
    return float(np.median(kept)) if len(kept) else np.nan


def _pitch(voice: Voice) -> dict[str, float]:
    """Return median, range and slope in semitones; the slope is that of a line through all."""
    if len(voice.voiced) < 3:
        return dict.fromkeys(("pitch", "pitch_range", "pitch_slope"), np.nan)
    semitones = 12 * np.log2(voice.hz)
    times_s = voice.voiced * FRAME / SAMPLE_RATE
    low, high = np.percentile(semitones, MIDDLE)
    return {
        "pitch": float(np.median(semitones)),
        "pitch_range": float(high - low),
        "pitch_slope": float(linregress(times_s, semitones).slope),
    }


def _intensity_db(voice: Voice) -> float:
    """Return the mean power of voiced frames in decibels of full scale."""
    if not len(voice.voiced):
        return np.nan
    return float(10 * np.log10(np.mean(voice.windows**2) + 1e-12))


def syllables_per_second(voice: Voice) -> float:
    """Count syllable nuclei: peaks of intensity in voiced frames (de Jong & Wempe 2009).

    Peaks stand out by 2 dB, and lie less than 25 dB below the loudest. The time is that from the
    first to the last moment as loud as that. NaN where there is none.
    """
    moments_s = np.arange(0, voice.duration_s, HOP_S)
    windows = windows_around(voice.samples, moments_s, LOUDNESS_WINDOW_S)
    level_db = 10 * np.log10(np.mean((windows * np.hanning(windows.shape[1])) ** 2, axis=1) + 1e-12)
    floor = level_db.max() - SYLLABLE_FLOOR_DB
    loud = np.flatnonzero(level_db > floor)
    if len(loud) < 2 or not len(voice.voiced):
        return np.nan
    peaks, _ = find_peaks(
        level_db, height=floor, prominence=SYLLABLE_DIP_DB, distance=SYLLABLE_APART
    )
    frames = np.clip((moments_s[peaks] * SAMPLE_RATE / FRAME).astype(int), 0, None)
    voiced = np.isin(frames, voice.voiced)
    return float(voiced.sum() / ((loud[-1] - loud[0]) * HOP_S))
