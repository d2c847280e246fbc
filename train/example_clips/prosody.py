"""Measured prosody: how one acted reading differs from its actor's plain one, as a few figures.

The figures of ``prosody.json`` are all that goes from a recording into an example clip. A reading
of a synthesiser is aligned with the acted one by dynamic time warping of their cepstra, so that
pitch, level and timing fall on the same sounds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from audiotok.audio import SAMPLE_RATE
from train.example_clips.vocoder import FRAMES_HZ, SPEECH_RANGE_DB, Voice

Array = NDArray[np.float64]

BAND_CENTRES_HZ = (150, 450, 800, 1250, 1750, 2500, 3500, 4750, 6750)
POINTS_HZ = 40  # contours have a point every 25 ms of the synthesiser's reading
SMOOTHING = 4  # frames; the pitch is jolted by consonants, which the synthesiser has its own of
OCTAVE_ST = 12.0
FLAT_SHARE = 0.33


@dataclass(frozen=True)
class Prosody:
    """What a reading adds to a synthesiser's plain one.

    Attributes
    ----------
    time_s : when the acted reading says what the synthesiser says at each point, from the start of
        its speech, shape ``(n_points,)``.
    pitch_st : its pitch there in semitones from the median of the actor's plain reading; through
        voiceless sounds it is interpolated.
    level_db : its level there, from the mean level of the plain reading's speech.
    bands_db : difference of its spectral envelope from the plain reading's at
        ``BAND_CENTRES_HZ``, with a mean of zero.
    breath_db : difference of aperiodicity; above 0 is breathier.
    """

    time_s: tuple[float, ...]
    pitch_st: tuple[float, ...]
    level_db: tuple[float, ...]
    bands_db: tuple[float, ...]
    breath_db: float


def measure(read: Voice, acted: Voice, plain: Voice) -> Prosody:
    """Measure an acted reading beside its actor's plain one.

    Parameters
    ----------
    read : the synthesiser's reading of the same words, which the contours are laid on.
    acted, plain : two readings by one actor; the same twice measures the plain one.
    """
    read, acted, plain = read.speech, acted.speech, plain.speech
    n_points = max(2, round(len(read.pitch_hz) / FRAMES_HZ * POINTS_HZ))
    points = np.linspace(0, len(read.pitch_hz) - 1, n_points)
    there = np.interp(points, np.arange(len(read.pitch_hz)), aligned(read, acted))
    frames = np.arange(len(acted.pitch_hz))
    pitch = melody_st(acted) - median_st(plain)
    bands = band_levels_db(acted) - band_levels_db(plain)
    return Prosody(
        time_s=_rounded(there / FRAMES_HZ, 3),
        pitch_st=_rounded(np.interp(there, frames, pitch), 2),
        level_db=_rounded(
            np.interp(there, frames, smooth_level_db(acted)) - mean_level_db(plain), 1
        ),
        bands_db=_rounded(bands - bands.mean(), 1),
        breath_db=round(breath_db(acted) - breath_db(plain), 1),
    )


def with_prosody(prosody: Prosody, read: Voice) -> Voice:
    """Return the reading that a prosody was measured with, said with it.

    Its pitch moves around the median of the reading; its speech is as much louder than the reading
    as the acted one was louder than its actor's plain one.
    """
    read = read.speech
    points = np.linspace(0, len(read.pitch_hz) - 1, len(prosody.time_s))
    frames = np.arange(len(read.pitch_hz))
    hz = np.linspace(0, SAMPLE_RATE / 2, read.envelope.shape[1])
    shape = 10 ** (np.interp(hz, BAND_CENTRES_HZ, prosody.bands_db) / 10)
    shaped = replace(read, envelope=read.envelope * shape)
    level_db = mean_level_db(read) + np.interp(frames, points, prosody.level_db)
    gain = 10 ** ((level_db - smooth_level_db(shaped)) / 10)
    pitch = 2 ** ((median_st(read) + np.interp(frames, points, prosody.pitch_st)) / 12)
    changed = Voice(
        np.where(read.voiced, pitch, 0.0),
        shaped.envelope * gain[:, None],
        np.clip(read.aperiodicity * 10 ** (prosody.breath_db / 20), 0.0, 1.0),
    )
    said_s = times_said(prosody, read)
    return changed.at(np.interp(np.arange(0, said_s[-1], 1 / FRAMES_HZ), said_s, frames))


def times_said(prosody: Prosody, read: Voice) -> Array:
    """Return when ``with_prosody`` says each frame of a reading's speech, in s, ``(n_frames,)``."""
    n_frames = len(read.speech.pitch_hz)
    points = np.linspace(0, n_frames - 1, len(prosody.time_s))
    return np.interp(np.arange(n_frames), points, prosody.time_s)


def monotonous(read: Voice) -> Voice:
    """Return a reading with a third of its melody."""
    melody = median_st(read) + FLAT_SHARE * (melody_st(read) - median_st(read))
    return replace(read, pitch_hz=np.where(read.voiced, 2 ** (melody / 12), 0.0))


def aligned(read: Voice, acted: Voice) -> Array:
    """Return the frame of ``acted`` that says what each frame of ``read`` says."""
    import librosa

    _, path = librosa.sequence.dtw(
        cepstra(read),
        cepstra(acted),
        metric="euclidean",
        weights_mul=np.array([1.0, 1.5, 1.5]),  # both move on rather than one waits
    )
    at_read, at_acted = path[::-1].T
    found = np.interp(np.arange(len(read.pitch_hz)), at_read, at_acted)
    return gaussian_filter1d(found, SMOOTHING, mode="nearest")


def cepstra(voice: Voice) -> Array:
    """Return mel cepstra without their level, each with a deviation of 1, ``(12, n_frames)``."""
    import librosa

    n_fft = 2 * (voice.envelope.shape[1] - 1)
    mel = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=n_fft, n_mels=40) @ voice.envelope.T
    found = librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=60), n_mfcc=13)[1:]
    centred = found - found.mean(axis=1, keepdims=True)
    return np.asarray(centred / (centred.std(axis=1, keepdims=True) + 1e-9))


def melody_st(voice: Voice) -> Array:
    """Return the pitch without jolts and octave errors, semitones above 1 Hz, ``(n_frames,)``."""
    semitones = 12 * np.log2(voice.pitch_hz[voice.voiced])
    near = np.abs(semitones - np.median(semitones)) < OCTAVE_ST
    at = np.flatnonzero(voice.voiced)[near]
    through = np.interp(np.arange(len(voice.pitch_hz)), at, semitones[near])
    return np.asarray(gaussian_filter1d(median_filter(through, size=11), sigma=SMOOTHING / 2))


def median_st(voice: Voice) -> float:
    """Return the median pitch in semitones above 1 Hz."""
    return float(np.median(12 * np.log2(voice.pitch_hz[voice.voiced])))


def smooth_level_db(voice: Voice) -> Array:
    """Return the level of frames without fast changes, nothing far below speech, in dB."""
    floor_db = voice.level_db.max() - SPEECH_RANGE_DB
    return np.asarray(gaussian_filter1d(np.maximum(voice.level_db, floor_db), SMOOTHING))


def mean_level_db(voice: Voice) -> float:
    """Return the level of the mean power of speech in dB."""
    return float(10 * np.log10(voice.envelope[voice.is_speech].mean()))


def band_levels_db(voice: Voice) -> Array:
    """Return the mean level of voiced frames around each of ``BAND_CENTRES_HZ``, in dB."""
    envelope_db = 10 * np.log10(voice.envelope[voice.voiced & voice.is_speech] + 1e-16)
    hz = np.linspace(0, SAMPLE_RATE / 2, envelope_db.shape[1])
    centres = np.array(BAND_CENTRES_HZ)
    edges = np.concatenate([[0], (centres[1:] + centres[:-1]) / 2, [SAMPLE_RATE / 2]])
    means = envelope_db.mean(axis=0)
    return np.array([means[(hz >= low) & (hz <= high)].mean() for low, high in pairwise(edges)])


def breath_db(voice: Voice) -> float:
    """Return the mean aperiodicity of voiced frames in dB."""
    return float(20 * np.log10(voice.aperiodicity[voice.voiced]).mean())


def _rounded(values: Array, digits: int) -> tuple[float, ...]:
    return tuple(np.round(values, digits).tolist())
