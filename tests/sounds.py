"""Made-up sounds: a voice that is taken for one, and what nobody should take for a voice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import chirp

from audiotok.audio import SAMPLE_RATE, Samples

Array = NDArray[np.float64]
VOWELS_HZ = np.array([[700, 1200, 2500], [300, 2200, 2900], [400, 800, 2400], [500, 1800, 2500]])
SYLLABLES_HZ = 4.2
SCALE = np.array([0, 2, 4, 5, 7, 9, 11, 12])


def spoken(seconds: float = 1.0, hz: float = 150.0) -> Samples:
    """Babble: a pitch that wanders, harmonics through three formants, four syllables a second."""
    at = times(seconds)
    pitch = hz * (1 + 0.12 * np.sin(2 * np.pi * 1.3 * at + 0.5) + 0.02 * np.sin(18 * np.pi * at))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    syllable, within = np.divmod(at * SYLLABLES_HZ, 1)
    here, glide = syllable.astype(int), np.clip(4 * within - 2, 0, 1)[:, None]
    formants = VOWELS_HZ[here % 4] * (1 - glide) + VOWELS_HZ[(here + 1) % 4] * glide
    voice = np.zeros(len(at))
    for number in range(1, int(3_800 // hz) + 1):
        ratio = number * pitch[:, None] / formants
        gains = ((1 - ratio**2) ** 2 + (80 * ratio / formants) ** 2) ** -0.5
        voice += gains.prod(axis=1) * np.sin(number * phase) / number**1.2
    opened = np.clip(2.2 * np.sin(np.pi * within), 0, 1)
    breath = np.random.default_rng(int(hz)).normal(0, 0.06, len(at)) * (0.05 + opened)
    return (0.4 * (voice / np.abs(voice).max() * opened + breath)).astype(np.float32)


def sounds_without_speech(seconds: float = 4.0) -> dict[str, Samples]:
    """Give noise, hum, tones, music, clicks, each with its name."""
    at = times(seconds)
    found = {
        **{f"{name} noise": noise(seconds, fall) for name, fall in NOISES.items()},
        "noise that comes and goes": noise(seconds, 0) * (1 + np.sin(4 * np.pi * at)),
        **{f"{hz} Hz hum": hum(hz, at) for hz in (50, 60, 100, 120)},
        **{f"{hz} Hz hum, rich in harmonics": hum(hz, at, fall=0.5) for hz in (50, 60)},
        **{f"{hz} Hz tone": np.sin(2 * np.pi * hz * at) for hz in (100, 150, 440, 1_000, 3_000)},
        "tone, on and off": np.sin(2 * np.pi * 220 * at) * (np.sin(4 * np.pi * at) > 0),
        "sweep": chirp(at, 50, seconds, 7_000, "logarithmic"),
        "siren": np.sin(2 * np.pi * 800 * at + 190 * np.sin(np.pi * at)),
        **{f"{name} melody": melody(seconds, fall, 0.0) for name, fall in TIMBRES.items()},
        **{f"{name} melody, vibrato": melody(seconds, fall, 0.2) for name, fall in TIMBRES.items()},
        **{f"{name} chords": chords(seconds, fall) for name, fall in TIMBRES.items()},
        "drums": drums(seconds),
        "chords and drums": chords(seconds, 1.0) + drums(seconds),
        "telephone keys": keys(seconds),
        **{f"{n} clicks": bursts(seconds, n, 0.0005) for n in (1, 10, 40)},
        **{f"{n} bangs": bursts(seconds, n, 0.08, low=True) for n in (1, 3)},
    }
    return {name: _peak(sound, 0.3) for name, sound in found.items()}


NOISES = {"white": 0.0, "pink": 1.0, "brown": 2.0, "blue": -1.0}
TIMBRES = {"bright": 1.0, "soft": 2.0, "pure": 9.0}  # by which power of their number overtones fall


def times(seconds: float) -> Array:
    return np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def noise(seconds: float, fall: float, seed: int = 0) -> Array:
    """Noise whose power falls with that power of the frequency."""
    n_samples = len(times(seconds))
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=n_samples))
    return np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 1) ** (fall / 2), n_samples)


def hum(hz: float, at: Array, fall: float = 1.2) -> Array:
    harmonics = [np.sin(2 * np.pi * hz * k * at + k) / k**fall for k in range(1, 30)]
    return np.sum(harmonics, axis=0) + noise(len(at) / SAMPLE_RATE, 0) * 0.02


def note(hz: float, seconds: float, fall: float, vibrato: float = 0.0) -> Array:
    at = times(seconds)
    phase = 2 * np.pi * hz * at + vibrato * hz / 40 * np.sin(2 * np.pi * 5.5 * at)
    overtones = range(1, int(7_000 // hz) + 1)
    sound = np.sum([np.sin(k * phase) / k**fall for k in overtones], axis=0)
    return sound * np.clip(np.minimum(at / 0.02, (seconds - at) / 0.04), 0, 1)


def melody(seconds: float, fall: float, vibrato: float) -> Array:
    steps = np.random.default_rng(3).choice(SCALE, int(np.ceil(seconds / 0.4)))
    notes = [note(220 * 2 ** (step / 12), 0.4, fall, vibrato) for step in steps]
    return np.concatenate(notes)[: len(times(seconds))]


def chords(seconds: float, fall: float) -> Array:
    roots = np.random.default_rng(4).choice(SCALE, int(np.ceil(seconds)))
    triads = [[note(131 * 2 ** ((r + i) / 12), 1.0, fall) for i in (0, 4, 7)] for r in roots]
    return np.concatenate([np.sum(triad, axis=0) for triad in triads])[: len(times(seconds))]


def drums(seconds: float) -> Array:
    """A kick each half second, a snare between, a hat each eighth."""
    at = times(seconds)
    kick = np.sin(2 * np.pi * 60 * (at % 0.5)) * np.exp(-20 * (at % 0.5))
    snare = noise(seconds, 0, 1) * np.exp(-25 * ((at + 0.5) % 1.0)) * 3
    hat = noise(seconds, -1, 2) * np.exp(-80 * (at % 0.125))
    return 1.5 * kick + 0.3 * _peak(snare, 1.0) + 0.2 * _peak(hat, 1.0)


def keys(seconds: float) -> Array:
    pairs = [(697, 1209), (770, 1336), (852, 1477), (941, 1336), (697, 1477)]
    pressed = [note(low, 0.2, 99) + note(high, 0.2, 99) for low, high in pairs]
    line = np.concatenate([np.pad(each, (0, 1_600)) for each in pressed])
    return np.resize(line, len(times(seconds)))


def bursts(seconds: float, count: int, decay_s: float, low: bool = False) -> Array:
    """Clicks (or bangs, in which low frequencies ring) at random moments, over a little hiss."""
    rng = np.random.default_rng(count)
    sound = rng.normal(0, 0.001, len(times(seconds)))
    length = int(8 * decay_s * SAMPLE_RATE)
    for start in rng.integers(0, len(sound) - length, count):
        burst = noise(length / SAMPLE_RATE, 1.5 if low else 0.0, int(start))
        sound[start : start + length] += _peak(burst, 1.0) * np.exp(
            -np.arange(length) / (decay_s * SAMPLE_RATE)
        )
    return sound


def _peak(sound: Array, peak: float) -> Samples:
    return (peak / np.abs(sound).max() * sound).astype(np.float32)
