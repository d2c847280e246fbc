"""Distortions of speech: reverberation, distance, noise, telephone, MP3, Opus, level.

``DISTORTIONS`` are fixed, to measure robustness; ``augment`` is random, for training. Input and
output are float32 of shape ``(n_samples,)``, mono, 16 kHz, within -1..1. All randomness comes from
the generator, so the same seed gives the same sound.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, firwin2, sosfilt

from audiotok.audio import SAMPLE_RATE, Samples

Distortion = Callable[[Samples, np.random.Generator], Samples]

LINE_RATE = 8_000  # of a telephone, as in ITU-T G.711
LINE_BAND_HZ = (300, 3_400)
MP3_COMPRESSION = 0.842  # libsndfile's 0..1 from 160 to 8 kbit/s: 32 kbit/s at 16 kHz
OPUS_COMPRESSION = 0.89  # of the same scale, for Opus: 32 kbit/s at 16 kHz
FAR_ROLL_OFF_HZ = 3_000
TRANSMIT_SHARES = (0.5, 0.4, 0.25, 0.5, 0.2, 0.3)  # how often what comes in `transmit` comes
EQ_HZ = (0, 125, 250, 500, 1_000, 2_000, 4_000, 8_000)
EQ_TAPS = 513


def augment(samples: Samples, rng: np.random.Generator) -> Samples:
    """Return a random augmentation of a clip: resampled to another speed, then ``transmit``.

    Speed and pitch change together, by up to a quarter of an octave, so the length does too.
    """
    return transmit(change_speed(samples, 2 ** rng.uniform(-0.25, 0.25)), rng)


def transmit(samples: Samples, rng: np.random.Generator) -> Samples:
    """Apply equalisation, a room, a low-pass, noise, telephone and Opus, each with some chance.

    Which ones is drawn before any noise, so it does not depend on the clip's length.
    """
    draws = rng.random(len(TRANSMIT_SHARES)) < TRANSMIT_SHARES
    coloured, in_room, dull, noisy, by_line, by_opus = draws
    if coloured:
        samples = equalize(samples, rng.uniform(-6, 6, len(EQ_HZ)))
    if in_room:
        samples = add_room(samples, rng, rt60_s=rng.uniform(0.15, 0.8), drr_db=rng.uniform(-6, 12))
    if dull:
        samples = roll_off(samples, rng.uniform(2_000, 7_000))
    if noisy:
        samples = add_noise(samples, rng, snr_db=rng.uniform(5, 30))
    if by_line:
        samples = telephone(samples, (rng.uniform(200, 400), rng.uniform(3_000, 3_700)))
    return opus(samples) if by_opus else samples


def change_speed(samples: Samples, factor: float) -> Samples:
    """Resample a clip to ``factor`` times its speed and pitch; ``n_samples / factor`` samples."""
    return _within_scale(soxr.resample(samples, SAMPLE_RATE * factor, SAMPLE_RATE))


def equalize(samples: Samples, gains_db: Sequence[float] | NDArray[np.float64]) -> Samples:
    """Filter a clip by one gain in dB for each band around ``EQ_HZ``, with zero phase."""
    gains = 10 ** (np.asarray(gains_db) / 20)
    taps = firwin2(EQ_TAPS, EQ_HZ, gains, fs=SAMPLE_RATE)
    return _within_scale(fftconvolve(samples, taps, mode="same"))


def add_room(samples: Samples, rng: np.random.Generator, rt60_s: float, drr_db: float) -> Samples:
    """Convolve a clip with a synthetic room impulse response, at its former RMS level.

    The impulse response is the direct sound and exponentially decaying noise after it (Moorer
    1979, "About This Reverberation Business").

    Parameters
    ----------
    rt60_s : time in which the reverberation falls by 60 dB.
    drr_db : energy of the direct sound over that of the reverberation.
    """
    response = room_response(rng, rt60_s, drr_db)
    heard = fftconvolve(samples, response)[: len(samples)]
    return _within_scale(heard * (_rms(samples) / max(_rms(heard), 1e-9)))


def room_response(rng: np.random.Generator, rt60_s: float, drr_db: float) -> NDArray[np.float64]:
    """Draw an impulse response of ``rt60_s`` seconds; its first sample is the direct sound."""
    times = np.arange(1, round(rt60_s * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(len(times)) * 10 ** (-3 * times / rt60_s)
    tail *= 10 ** (-drr_db / 20) / np.sqrt(np.sum(tail**2))
    return np.concatenate([[1.0], tail])


def add_noise(samples: Samples, rng: np.random.Generator, snr_db: float) -> Samples:
    """Add coloured noise ``snr_db`` below the clip, both measured as RMS over the whole clip."""
    level = _rms(samples) * 10 ** (-snr_db / 20)
    return _within_scale(samples + level * coloured_noise(len(samples), rng))


def coloured_noise(n_samples: int, rng: np.random.Generator) -> Samples:
    """Draw noise of unit power whose spectrum falls by 0 to 6 dB an octave."""
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    spectrum /= np.maximum(np.arange(len(spectrum)), 1) ** rng.uniform(0, 1)
    noise = np.fft.irfft(spectrum, n_samples)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)), dtype=np.float32)


def move_away(samples: Samples, rng: np.random.Generator) -> Samples:
    """Simulate a distant microphone: reverberation at -3 dB DRR, a low-pass, noise at 25 dB."""
    heard = add_room(samples, rng, rt60_s=0.5, drr_db=-3)
    return add_noise(roll_off(heard, FAR_ROLL_OFF_HZ), rng, snr_db=25)


def roll_off(samples: Samples, corner_hz: float) -> Samples:
    """Low-pass a clip by 6 dB an octave above ``corner_hz``."""
    dull = butter(1, corner_hz, fs=SAMPLE_RATE, output="sos")
    return _within_scale(sosfilt(dull, samples))


def telephone(samples: Samples, band_hz: tuple[float, float] = LINE_BAND_HZ) -> Samples:
    """Simulate a telephone line: 8 kHz, 8-bit mu-law, 300 to 3,400 Hz by default."""
    band = butter(4, band_hz, "bandpass", fs=LINE_RATE, output="sos")
    line = _within_scale(sosfilt(band, soxr.resample(samples, SAMPLE_RATE, LINE_RATE)))
    heard = _through_file(line, LINE_RATE, format="WAV", subtype="ULAW")
    return _of_length(soxr.resample(heard, LINE_RATE, SAMPLE_RATE), len(samples))


def mp3(samples: Samples) -> Samples:
    """Encode a clip as MP3 at 32 kbit/s and decode it.

    The mean rate is set: at a constant one LAME's header does not fit its frame, and without it the
    decoder cannot take the encoder's delay away.
    """
    heard = _through_file(
        samples,
        SAMPLE_RATE,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="AVERAGE",
        compression_level=MP3_COMPRESSION,
    )
    return _of_length(heard, len(samples))


def opus(samples: Samples) -> Samples:
    """Encode a clip as Opus at 32 kbit/s, as voice messages and browsers do, and decode it."""
    heard = _through_file(
        samples,
        SAMPLE_RATE,
        format="OGG",
        subtype="OPUS",
        compression_level=OPUS_COMPRESSION,
    )
    return _of_length(heard, len(samples))


def change_gain(samples: Samples, gain_db: float) -> Samples:
    """Scale a clip by a gain in dB and clip it at full scale."""
    return np.clip(samples * 10 ** (gain_db / 20), -1, 1).astype(np.float32)


def _through_file(samples: Samples, rate_hz: int, **how: object) -> Samples:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, **how)
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]


def _of_length(samples: Samples, n_samples: int) -> Samples:
    cut = samples[:n_samples]
    return _within_scale(np.pad(cut, (0, n_samples - len(cut))))


def _within_scale(samples: NDArray[np.floating]) -> Samples:
    """Scale a clip down where its peak exceeds full scale."""
    return (samples / max(float(np.abs(samples).max()), 1.0)).astype(np.float32)


def _rms(samples: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


DISTORTIONS: dict[str, Distortion] = {
    "room": partial(add_room, rt60_s=0.4, drr_db=3),
    "distance": move_away,
    "noise 20 dB": partial(add_noise, snr_db=20),
    "noise 10 dB": partial(add_noise, snr_db=10),
    "noise 5 dB": partial(add_noise, snr_db=5),
    "telephone": lambda samples, _: telephone(samples),
    "MP3 32 kbit/s": lambda samples, _: mp3(samples),
    "Opus 32 kbit/s": lambda samples, _: opus(samples),
    "gain +12 dB": lambda samples, _: change_gain(samples, 12),
    "gain -12 dB": lambda samples, _: change_gain(samples, -12),
}
