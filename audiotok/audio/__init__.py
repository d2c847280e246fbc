"""Read files, bytes and arrays as one checked waveform: float32, mono, 16 kHz."""

from audiotok.audio.reading import check_length, read_audio
from audiotok.audio.recording import (
    SAMPLE_RATE,
    AudioSource,
    Excerpt,
    Limits,
    Recording,
    Samples,
)
from audiotok.audio.sources import as_sources
from audiotok.audio.suffixes import SUFFIXES

__all__ = [
    "SAMPLE_RATE",
    "SUFFIXES",
    "AudioSource",
    "Excerpt",
    "Limits",
    "Recording",
    "Samples",
    "as_sources",
    "check_length",
    "read_audio",
]
