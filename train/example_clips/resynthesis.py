"""Change the prosody and timbre of speech: WORLD analysis, parameter changes, resynthesis.

WORLD (Morise et al. 2016) splits speech into pitch, spectral envelope and aperiodicity, one of
each every 5 ms. What moods do to them is known from acted speech (Scherer 2003; Juslin & Laukka
2003), and measured by ``train.example_clips.mood_study``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.errors import DataError

FRAME_MS = 5.0
FRAMES_HZ = 1000 / FRAME_MS
BAND_CENTRES_HZ = (150, 450, 800, 1250, 1750, 2500, 3500, 4750, 6750)
ACCENT_WIDTH_S = 0.075  # standard deviation of the bump that an accent makes
ROOM_NOISE_DB = -72.0  # RMS re full scale: rooms are never digitally silent
EDGE_S = 0.25  # silence before and after the words

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mood:
    """Acoustic differences of a mood from the same voice's neutral reading.

    Attributes
    ----------
    pitch_st : shift of the mean pitch in semitones.
    pitch_range : factor of the voice's own pitch movements around their mean.
    accent_st : how far the pitch rises on an accented vowel, in semitones.
    pitch_slope : added to the contour, semitones a second.
    pitch_end : rise (or fall) over the last fifth of the clip in semitones.
    duration : factor of the clip's length; above 1 is slower.
    level_db : change of the overall level.
    level_range : factor of the level's movements around their mean.
    level_end_db : rise of the level from the first to the last frame.
    bands_db : change of the spectral envelope at ``BAND_CENTRES_HZ``; its mean doesn't matter.
    breath_db : change of the aperiodicity; above 0 is breathy, below 0 is pressed.
    jitter_st : standard deviation of random pitch changes from frame to frame.
    tremor_st : depth of a 6 Hz wobble of the pitch.
    formants : factor of the resonance frequencies; a smile raises them.
    """

    pitch_st: float = 0.0
    pitch_range: float = 1.0
    accent_st: float = 0.0
    pitch_slope: float = 0.0
    pitch_end: float = 0.0
    duration: float = 1.0
    level_db: float = 0.0
    level_range: float = 1.0
    level_end_db: float = 0.0
    bands_db: tuple[float, ...] = (0.0,) * len(BAND_CENTRES_HZ)
    breath_db: float = 0.0
    jitter_st: float = 0.0
    tremor_st: float = 0.0
    formants: float = 1.0

    def stronger(self, times: float) -> Mood:
        """Return the mood with all differences from neutral scaled by ``times``."""
        plain = Mood()
        changed: dict[str, Any] = {}
        for part in fields(self):
            start, end = (np.asarray(getattr(mood, part.name)) for mood in (plain, self))
            moved = start + times * (end - start)
            changed[part.name] = tuple(moved.tolist()) if moved.ndim else float(moved)
        return Mood(**changed)


@dataclass(frozen=True)
class Voice:
    """WORLD's parameters of one utterance.

    Attributes
    ----------
    pitch_hz : shape ``(n_frames,)``; 0 where there is no voice.
    envelope : power, shape ``(n_frames, n_bins)``.
    aperiodicity : share of noise 0..1, same shape.
    """

    pitch_hz: Array
    envelope: Array
    aperiodicity: Array

    @property
    def level_db(self) -> Array:
        """Level of each frame, shape ``(n_frames,)``."""
        return 10 * np.log10(self.envelope.mean(axis=1) + 1e-12)

    @property
    def is_speech(self) -> NDArray[np.bool_]:
        """Frames within 40 dB of the loudest one, shape ``(n_frames,)``."""
        return self.level_db > self.level_db.max() - 40


def import_pyworld() -> Any:
    """Import the optional package ``pyworld``; an error says how to install it."""
    try:
        import pyworld
    except ImportError as error:
        raise DataError("The vocoder is missing: pip install -r train/requirements.txt") from error
    return pyworld


def analyse(samples: Samples) -> Voice:
    """Return WORLD's parameters of a waveform, float32 mono 16 kHz, shape ``(n_samples,)``."""
    world = import_pyworld()
    wave = np.ascontiguousarray(samples, dtype=np.float64)
    pitch, times = world.harvest(wave, SAMPLE_RATE, f0_floor=65, frame_period=FRAME_MS)
    envelope = world.cheaptrick(wave, pitch, times, SAMPLE_RATE)
    return Voice(pitch, envelope, world.d4c(wave, pitch, times, SAMPLE_RATE))


def resynthesise(voice: Voice, rms_db: float, rng: np.random.Generator) -> Samples:
    """Synthesise a waveform with its speech at ``rms_db`` re full scale, padded with silence."""
    wave = import_pyworld().synthesize(
        voice.pitch_hz, voice.envelope, voice.aperiodicity, SAMPLE_RATE, FRAME_MS
    )
    first, last = np.flatnonzero(voice.is_speech)[[0, -1]] * SAMPLE_RATE // int(FRAMES_HZ)
    speech = wave[first:last]
    speech = speech * 10 ** (rms_db / 20) / np.sqrt(np.mean(speech**2))
    fade = np.minimum(1, np.arange(len(speech)) / (0.01 * SAMPLE_RATE))
    padded = np.pad(speech * fade * fade[::-1], int(EDGE_S * SAMPLE_RATE))
    noise = rng.normal(scale=10 ** (ROOM_NOISE_DB / 20), size=len(padded))
    return _limited(padded + noise).astype(np.float32)


def set_mood(
    voice: Voice, mood: Mood, accents: Sequence[tuple[float, float]], rng: np.random.Generator
) -> Voice:
    """Change a neutral reading as ``mood`` says (its level is left to ``resynthesise``).

    ``accents`` are pairs: where in the speech (0 its start, 1 its end) and how strong (up to 1).
    """
    voice = _stretch(voice, mood.duration)
    return replace(
        voice,
        pitch_hz=_pitch(voice, mood, accents, rng),
        envelope=_envelope(voice, mood),
        aperiodicity=np.clip(voice.aperiodicity * 10 ** (mood.breath_db / 20), 0.0, 1.0),
    )


def _stretch(voice: Voice, factor: float) -> Voice:
    """Change the duration by ``factor``, voiced frames more than others, as speakers do."""
    voiced = voice.pitch_hz > 0
    advance = np.where(voiced, factor, np.sqrt(factor))
    ends = np.cumsum(advance)
    at = np.interp(np.arange(int(ends[-1])), ends, np.arange(len(ends)))
    nearest = np.round(at).astype(int)
    before, after = np.floor(at).astype(int), np.ceil(at).astype(int)
    share = (at - before)[:, None]

    def between(frames: Array) -> Array:
        return frames[before] ** (1 - share) * frames[after] ** share

    pitch = np.interp(at, np.flatnonzero(voiced), voice.pitch_hz[voiced])
    return Voice(
        np.where(voiced[nearest], pitch, 0.0), between(voice.envelope), between(voice.aperiodicity)
    )


def _pitch(
    voice: Voice,
    mood: Mood,
    accents: Sequence[tuple[float, float]],
    rng: np.random.Generator,
) -> Array:
    voiced = voice.pitch_hz > 0
    frames = np.arange(len(voiced))
    first, last = np.flatnonzero(voice.is_speech)[[0, -1]]
    time_s = (frames - first) / FRAMES_HZ
    length_s = (last - first) / FRAMES_HZ
    own = np.interp(frames, frames[voiced], 12 * np.log2(voice.pitch_hz[voiced]))
    own = gaussian_filter1d(median_filter(own, size=21), sigma=4)  # consonants jolt the pitch
    middle = own[voiced].mean()
    contour = middle + mood.pitch_st + mood.pitch_range * (own - middle)
    for place, strength in accents:
        distance = (time_s - place * length_s) / ACCENT_WIDTH_S
        contour += mood.accent_st * strength * np.exp(-0.5 * distance**2)
    contour += mood.pitch_slope * (time_s - length_s / 2)
    contour += mood.pitch_end * np.clip((time_s / length_s - 0.8) / 0.2, 0, 1)
    wobble_hz = 6.0 + np.cumsum(rng.normal(scale=0.05, size=len(frames)))
    contour += mood.tremor_st * np.sin(2 * np.pi * np.cumsum(wobble_hz) / FRAMES_HZ)
    contour += mood.jitter_st * rng.normal(size=len(frames))
    return np.where(voiced, 2.0 ** (contour / 12), 0.0)


def _envelope(voice: Voice, mood: Mood) -> Array:
    n_frames, n_bins = voice.envelope.shape
    hz = np.linspace(0, SAMPLE_RATE / 2, n_bins)
    log_envelope = 10 * np.log10(voice.envelope + 1e-16)
    moved = np.array([np.interp(hz / mood.formants, hz, frame) for frame in log_envelope])
    moved += np.interp(hz, BAND_CENTRES_HZ, mood.bands_db)
    level = voice.level_db
    movement = np.clip(level - level[voice.is_speech].mean(), -20, 20)
    gain = (mood.level_range - 1) * movement
    gain += mood.level_end_db * np.linspace(-0.5, 0.5, n_frames)
    return 10 ** ((moved + gain[:, None]) / 10)


def _limited(wave: Array) -> Array:
    """Scale a waveform down where its peak would clip."""
    return wave * min(1.0, 0.97 / float(np.abs(wave).max()))
