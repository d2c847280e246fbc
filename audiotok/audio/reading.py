"""Read any audio source as one checked waveform, or raise AudioError that says why not."""

from __future__ import annotations

import numpy as np

from audiotok.audio.bounds import check_shape, too_long, too_short
from audiotok.audio.collector import SILENCE_PEAK, Collector
from audiotok.audio.decoding import Decoded, decode
from audiotok.audio.highpass import without_rumble
from audiotok.audio.recording import WHOLE, AudioSource, Excerpt, Limits, Recording, Samples
from audiotok.audio.sources import opened, samples_of, unwrapped
from audiotok.errors import AudioError
from audiotok.language import say

CLIPPED_SHARE = 0.002  # share of samples at full scale from which we say "clipped"


def read_audio(
    source: AudioSource, limits: Limits | None = None, excerpt: Excerpt = WHOLE
) -> Recording:
    """Return a clip as a mono waveform at 16 kHz, high-pass filtered at 40 Hz and checked.

    Parameters
    ----------
    source : path, encoded bytes, open binary file, or ``(rate_hz, samples)`` in either order with
        an integer or float array of shape ``(n_samples,)``, ``(n_samples, n_channels)`` or
        ``(n_channels, n_samples)``; or a dictionary of the ``datasets`` library; None where
        nothing was recorded.
    limits : shortest and longest duration in seconds and largest file in bytes.
    excerpt : interval and channels to read.

    Raises
    ------
    AudioError
        When the source is missing, empty, not audio, too short, too long, silent or not finite.
    """
    limits = limits or Limits()
    source = unwrapped(source)
    pair = samples_of(source)
    if pair:
        return _checked(_decode_samples(*pair, limits, excerpt), limits, excerpt)
    with opened(source, limits) as file:
        decoded = decode(file, limits, excerpt)
    return _checked(decoded, limits, excerpt)


def check_length(duration_s: float, limits: Limits) -> None:
    """Raise AudioError where a duration in seconds is too short or too long."""
    if duration_s < limits.min_s:
        raise too_short(duration_s, limits)
    if duration_s > limits.max_s:
        raise too_long(duration_s, limits)


def _decode_samples(rate_hz: int, samples: Samples, limits: Limits, excerpt: Excerpt) -> Decoded:
    check_shape(rate_hz, samples.shape[1])
    collector = Collector(limits, excerpt)
    collector.add(samples, rate_hz)
    return Decoded(collector, declared_s=len(samples) / rate_hz)


def _checked(decoded: Decoded, limits: Limits, excerpt: Excerpt) -> Recording:
    collector = decoded.collector
    if excerpt.start_s < 0 or (excerpt.start_s and not collector.n_values):
        raise AudioError(f"there is no sound at {excerpt.start_s:g} s.")
    if not collector.n_values:
        raise AudioError(say("The recording is empty."))
    if collector.is_too_long:
        if excerpt == WHOLE and decoded.declared_s and decoded.declared_s > limits.max_s:
            raise too_long(decoded.declared_s, limits)
        raise too_long(limits.max_s, limits, at_least=True)
    check_length(collector.heard_s, limits)
    mono, channel_notes = collector.mixed()
    mono = without_rumble(mono)
    peak = np.abs(mono).max(initial=0.0)
    if peak < SILENCE_PEAK:
        raise AudioError(say("The recording is silent; check the microphone and try again."))
    notes = [*decoded.notes, *channel_notes]
    if collector.n_full_scale / collector.n_values > CLIPPED_SHARE:
        notes.append(say("The recording is clipped (too loud); a quieter one is judged better."))
    if peak > 1.0:  # floats may exceed full scale, and nothing is lost by turning them down
        mono = mono / peak
    return Recording(np.clip(mono, -1.0, 1.0).astype(np.float32), tuple(notes))
