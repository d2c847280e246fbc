"""Every format that README lists is heard whole, without a note."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audiotok.audio import read_audio
from tests.audio.sounds import SAMPLE_RATE, voice, with_ffmpeg, with_soundfile

README = Path(__file__).parents[2] / "README.md"
SECONDS = 2.0


def ffmpeg(
    container: str, codec: str, rate_hz: int = 48_000, **options: str
) -> Callable[[], bytes]:
    return lambda: with_ffmpeg(voice(SECONDS, rate_hz), container, codec, rate_hz, options)


def sndfile(
    container: str, subtype: str | None = None, rate_hz: int = 16_000
) -> Callable[[], bytes]:
    return lambda: with_soundfile(voice(SECONDS, rate_hz), container, subtype, rate_hz)


FORMATS: dict[str, list[Callable[[], bytes]]] = {
    "WAV": [
        *(sndfile("WAV", sub) for sub in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ULAW")),
        *(sndfile("WAV", sub) for sub in ("ALAW", "DOUBLE", "IMA_ADPCM", "MS_ADPCM")),
        sndfile("WAV", "GSM610", 8_000),
        sndfile("WAVEX", "PCM_16"),
        ffmpeg("wav", "libmp3lame"),
    ],
    "RF64": [sndfile("RF64")],
    "W64": [sndfile("W64")],
    "FLAC": [sndfile("FLAC", "PCM_16"), sndfile("FLAC", "PCM_24")],
    "OGG": [sndfile("OGG", "VORBIS"), ffmpeg("ogg", "libopus")],
    "Opus": [ffmpeg("opus", "libopus"), sndfile("OGG", "OPUS")],
    "MP3": [
        sndfile("MP3"),
        ffmpeg("mp3", "libmp3lame"),
        ffmpeg("mp3", "libmp3lame", write_xing="0"),
    ],
    "M4A": [ffmpeg("ipod", "aac"), ffmpeg("ipod", "alac")],
    "AAC": [ffmpeg("adts", "aac")],
    "MP4": [
        ffmpeg("mp4", "aac"),
        ffmpeg("mp4", "libopus"),
        ffmpeg("mp4", "aac", movflags="frag_keyframe+empty_moov", frag_duration="300000"),
    ],
    "MOV": [ffmpeg("mov", "aac"), ffmpeg("mov", "pcm_s16le"), ffmpeg("mov", "pcm_s16be")],
    "3GP": [ffmpeg("3gp", "aac"), ffmpeg("3gp", "libopencore_amrnb", 8_000)],
    "WebM": [ffmpeg("webm", "libopus")],
    "MKV": [ffmpeg("matroska", codec) for codec in ("libopus", "pcm_s16le", "aac")],
    "AIFF": [sndfile("AIFF", "PCM_16"), sndfile("AIFF", "FLOAT"), ffmpeg("aiff", "pcm_s16be")],
    "CAF": [sndfile("CAF", "PCM_16"), ffmpeg("caf", "alac")],
    "AU": [sndfile("AU", "PCM_16"), sndfile("AU", "ULAW")],
    "AMR": [ffmpeg("amr", "libopencore_amrnb", 8_000)],
    "WMA": [ffmpeg("asf", "wmav2", 44_100)],
    "AVI": [ffmpeg("avi", "libmp3lame"), ffmpeg("avi", "pcm_s16le")],
    "WavPack": [ffmpeg("wv", "wavpack")],
    "TTA": [ffmpeg("tta", "tta")],
    "XI": [sndfile("XI", "DPCM_16", 44_100)],
}
CASES = [(name, make) for name, makers in FORMATS.items() for make in makers]


@pytest.mark.parametrize(("name", "make"), CASES, ids=[name for name, _ in CASES])
def test_it_is_heard_whole(name: str, make: Callable[[], bytes]) -> None:
    recording = read_audio(make())

    assert recording.notes == ()
    assert recording.duration_s == pytest.approx(SECONDS, abs=0.11)
    expected, heard = voice(SECONDS), recording.samples
    spectra = [np.abs(np.fft.rfft(sound[:SAMPLE_RATE])) for sound in (expected, heard)]
    assert int(spectra[1].argmax()) == int(spectra[0].argmax())
    # Its loudness comes and goes in the same places, but for the delay of some encoders.
    first, second = (
        np.convolve(sound**2, np.ones(800) / 800, "same") for sound in (expected, heard)
    )
    shifts = range(-1_600, 1_601, 400)
    alike = [np.corrcoef(first[2_000:28_000], second[2_000 + n : 28_000 + n])[0, 1] for n in shifts]
    assert max(alike) > 0.85


def test_readme_lists_what_is_tried_here() -> None:
    text = " ".join(README.read_text(encoding="utf-8").split())
    (listed,) = re.findall(r"Clips may be (.*?), with any rate", text)

    assert re.findall(r"[\w]+", listed.replace(" or ", " ")) == list(FORMATS)
