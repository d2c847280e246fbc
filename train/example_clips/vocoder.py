"""Take speech apart and put it together again by WORLD.

WORLD (Morise et al. 2016) splits speech into pitch, spectral envelope and aperiodicity, one of
each every 5 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.errors import DataError

FRAME_MS = 5.0
FRAMES_HZ = 1000 / FRAME_MS
ROOM_NOISE_DB = -72.0  # RMS re full scale: rooms are never digitally silent
EDGE_S = 0.25  # silence before and after the words
SPEECH_RANGE_DB = 30.0  # below the loudest frame, what is no speech

Array = NDArray[np.float64]


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
        """Frames that are loud enough for speech, shape ``(n_frames,)``."""
        return self.level_db > self.level_db.max() - SPEECH_RANGE_DB

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """Frames with a pitch, shape ``(n_frames,)``."""
        return self.pitch_hz > 0

    @property
    def speech(self) -> Voice:
        """The frames from the first to the last that is speech."""
        return Voice(*(part[self.first_frame : self.last_frame + 1] for part in self._parts))

    @property
    def first_frame(self) -> int:
        """Number of the first frame that is speech."""
        return int(np.flatnonzero(self.is_speech)[0])

    @property
    def last_frame(self) -> int:
        """Number of the last frame that is speech."""
        return int(np.flatnonzero(self.is_speech)[-1])

    def at(self, frames: Array) -> Voice:
        """Return what stands at fractional frames, shape ``(n_new_frames,)``, in their order."""
        nearest = np.round(frames).astype(int)
        before, after = np.floor(frames).astype(int), np.ceil(frames).astype(int)
        share = (frames - before)[:, None]

        def between(part: Array) -> Array:
            return np.asarray(part[before] ** (1 - share) * part[after] ** share)

        places = np.flatnonzero(self.voiced)
        pitch = np.interp(frames, places, self.pitch_hz[places])
        return Voice(
            np.where(self.voiced[nearest], pitch, 0.0),
            between(self.envelope),
            between(self.aperiodicity),
        )

    @property
    def _parts(self) -> tuple[Array, Array, Array]:
        return self.pitch_hz, self.envelope, self.aperiodicity


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
    samples_a_frame = SAMPLE_RATE // int(FRAMES_HZ)
    speech = wave[voice.first_frame * samples_a_frame : voice.last_frame * samples_a_frame]
    speech = speech * 10 ** (rms_db / 20) / np.sqrt(np.mean(speech**2))
    fade = np.minimum(1, np.arange(len(speech)) / (0.01 * SAMPLE_RATE))
    padded = np.pad(speech * fade * fade[::-1], int(EDGE_S * SAMPLE_RATE))
    noise = rng.normal(scale=10 ** (ROOM_NOISE_DB / 20), size=len(padded))
    return _limited(padded + noise).astype(np.float32)


def _limited(wave: Array) -> Array:
    """Scale a waveform down where its peak would clip."""
    return wave * min(1.0, 0.97 / float(np.abs(wave).max()))
