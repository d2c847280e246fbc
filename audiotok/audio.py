"""Bytes, files and arrays become one checked waveform: float32, mono, 16 kHz."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from audiotok.errors import AudioError

SAMPLE_RATE = 16_000
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
SILENCE_PEAK = 1e-4  # -80 dBFS: below it there is nothing but rounding noise
FULL_SCALE = 0.99  # the loudest 8-bit sample is 0.992
CLIPPED_SHARE = 0.002  # share of samples at full scale from which we say "clipped"
UNKNOWN_LENGTH = 2**63 - 1  # frames that libsndfile claims for a streamed FLAC
# What FFmpeg may open. Playlists are left out: they name other files and addresses.
CONTAINERS = "aac,aiff,amr,ape,asf,au,avi,caf,flac,flv,matroska,mov,mp3,mpegts,ogg,tta,w64,wav,wv"
# Names of files that they are found by; what is in one decides how it is read.
SUFFIXES = frozenset(
    f".{name}"
    for name in [
        "3gp",
        "aac",
        "aif",
        "aifc",
        "aiff",
        "amr",
        "ape",
        "asf",
        "au",
        "avi",
        "caf",
        "flac",
        "flv",
        "m4a",
        "m4b",
        "mka",
        "mkv",
        "mov",
        "mp3",
        "mp4",
        "mpga",
        "oga",
        "ogg",
        "opus",
        "rf64",
        "snd",
        "spx",
        "ts",
        "tta",
        "w64",
        "wav",
        "wave",
        "weba",
        "webm",
        "wma",
        "wv",
    ]
)

Samples = NDArray[np.float32]
AudioSource = str | Path | bytes | tuple[int, NDArray[Any]] | None


@dataclass(frozen=True)
class Limits:
    """What a recording may be; the defaults are the app's."""

    min_s: float = 0.2
    max_s: float = 60.0
    max_bytes: int = 50_000_000


@dataclass(frozen=True)
class Recording:
    """A checked waveform.

    Attributes
    ----------
    samples : float32 array of shape ``(n_samples,)``, mono, 16 kHz, within -1..1.
    notes : sentences about flaws that did not stop the analysis (clipping, a file cut short).
    """

    samples: Samples
    notes: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE


def read_audio(source: AudioSource, limits: Limits | None = None) -> Recording:
    """Read a clip from a path, from bytes or from ``(rate_hz, array)`` as Gradio gives it.

    Parameters
    ----------
    source : path, encoded bytes, or ``(rate_hz, array)`` with an integer or float array of shape
        ``(n_samples,)`` or ``(n_samples, n_channels)``; None where nothing was recorded.
    limits : shortest and longest duration in seconds and largest file in bytes.

    Raises
    ------
    AudioError
        When the source is missing, empty, not audio, too short, too long, silent or not finite.
    """
    limits = limits or Limits()
    if source is None or (isinstance(source, tuple) and len(source) != 2):
        raise AudioError("There is no recording yet: record, upload or pick a clip first.")
    notes: list[str] = []
    if isinstance(source, tuple):
        rate_hz, array = source
        samples = _scaled(np.asarray(array))
    else:
        data = _bytes(source, limits)
        rate_hz, samples = _decode(data, limits)
        notes += _truncation_note(data)
    return _checked(samples, int(rate_hz), limits, notes)


def _bytes(source: str | Path | bytes, limits: Limits) -> bytes:
    if isinstance(source, bytes):
        data, n_bytes = source, len(source)
    else:
        data, n_bytes = b"", _size_of(Path(source))
    if n_bytes > limits.max_bytes:
        raise AudioError(
            f"The file is larger than {limits.max_bytes / 1e6:g} MB; cut or compress it first."
        )
    if n_bytes == 0:
        raise AudioError("The audio file is empty.")
    return data or Path(source).read_bytes()  # type: ignore[arg-type]


def _size_of(path: Path) -> int:
    try:
        if path.is_file():
            return path.stat().st_size
    except OSError:  # such as a name too long
        pass
    raise AudioError(f"There is no audio file at '{path}'.")


def _decode(data: bytes, limits: Limits) -> tuple[int, Samples]:
    """soundfile for what it reads exactly (WAV, FLAC, OGG, MP3), PyAV (FFmpeg) for the rest."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            if file.frames == UNKNOWN_LENGTH:
                return _decode_with_ffmpeg(data, limits)
            if file.frames / file.samplerate > limits.max_s:
                raise _too_long(file.frames / file.samplerate, limits)
            return file.samplerate, file.read(dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:
        return _decode_with_ffmpeg(data, limits)


def _decode_with_ffmpeg(data: bytes, limits: Limits) -> tuple[int, Samples]:
    import av

    chunks: list[NDArray[Any]] = []
    n_samples = 0
    rate_hz = 0
    try:
        with av.open(io.BytesIO(data), "r", options={"format_whitelist": CONTAINERS}) as container:
            if not container.streams.audio:
                raise AudioError("The file holds no sound track.")
            resampler = av.AudioResampler(format="fltp", layout="mono")
            for frame in container.decode(audio=0):
                for mono in resampler.resample(frame):
                    rate_hz = mono.sample_rate
                    chunks.append(mono.to_ndarray()[0])
                    n_samples += chunks[-1].size
                if n_samples > limits.max_s * max(rate_hz, 1):
                    raise _too_long(n_samples / rate_hz, limits, at_least=True)
    except (av.FFmpegError, ValueError) as error:
        if not chunks:
            raise AudioError(
                "The file cannot be read as audio (WAV, FLAC, OGG, MP3, M4A and WebM can)."
            ) from error
    if not chunks:
        raise AudioError("The file holds no sound.")
    return rate_hz, np.concatenate(chunks).astype(np.float32)


def _scaled(array: NDArray[Any]) -> Samples:
    """Integers of any width become -1..1; floats stay."""
    if np.issubdtype(array.dtype, np.integer):
        half_range = 2.0 ** (8 * array.dtype.itemsize - 1)
        middle = half_range if array.dtype.kind == "u" else 0.0
        return ((array - middle) / half_range).astype(np.float32)
    if np.issubdtype(array.dtype, np.floating):
        return array.astype(np.float32)
    raise AudioError(f"Samples must be integers or floats, not {array.dtype}.")


def _checked(samples: Samples, rate_hz: int, limits: Limits, notes: list[str]) -> Recording:
    if samples.ndim not in (1, 2):
        raise AudioError(f"Samples must be (n_samples, n_channels), not {samples.shape}.")
    if samples.size == 0:
        raise AudioError("The recording is empty.")
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise AudioError(f"A sampling rate of {rate_hz} Hz is outside 8 to 192 kHz.")
    if not np.isfinite(samples).all():
        raise AudioError("The recording holds values that are not numbers; export it again.")
    mono = samples.mean(axis=1) if samples.ndim == 2 else samples
    duration_s = len(mono) / rate_hz
    if duration_s < limits.min_s:
        raise AudioError(
            f"The recording lasts {duration_s:.2f} s; at least {limits.min_s:g} s are needed."
        )
    if duration_s > limits.max_s:
        raise _too_long(duration_s, limits)
    peak = np.abs(mono).max()
    if peak < SILENCE_PEAK:
        raise AudioError("The recording is silent; check the microphone and try again.")
    if float((np.abs(samples) >= FULL_SCALE).mean()) > CLIPPED_SHARE:
        notes.append("The recording is clipped (too loud); a quieter one is judged better.")
    if peak > 1.0:  # floats may exceed full scale, and nothing is lost by turning them down
        mono = mono / peak
    if rate_hz != SAMPLE_RATE:
        mono = soxr.resample(mono, rate_hz, SAMPLE_RATE, quality="HQ")
    return Recording(np.clip(mono, -1.0, 1.0).astype(np.float32), tuple(notes))


def _truncation_note(data: bytes) -> list[str]:
    """A WAV header that promises more bytes than came; streamed ones promise the maximum."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return []
    promised = int.from_bytes(data[4:8], "little") + 8
    streamed = promised > 0x7FFF_0000
    if streamed or promised <= len(data) + 1:
        return []
    share = min(len(data) / promised, 0.99)
    return [f"The file ends early: {share:.0%} of it is there and was analysed."]


def _too_long(duration_s: float, limits: Limits, at_least: bool = False) -> AudioError:
    lasts = "more than " if at_least else ""
    return AudioError(
        f"The recording lasts {lasts}{duration_s:.0f} s; at most {limits.max_s:g} s are analysed, "
        "so cut it first."
    )
