"""Small sounds and files of every kind, made in memory."""

from __future__ import annotations

import io
import struct

import av
import numpy as np
import soundfile

SAMPLE_RATE = 16_000


def voice(seconds: float = 2.0, rate_hz: int = SAMPLE_RATE, level: float = 0.3) -> np.ndarray:
    """A buzz at 150 Hz whose loudness comes and goes, shape ``(n_samples,)``."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    buzz = sum(np.sin(2 * np.pi * 150 * k * time_s) / k for k in range(1, 15))
    return (level / 2 * buzz * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time_s))).astype(np.float32)


def with_soundfile(
    samples: np.ndarray, container: str, subtype: str | None = None, rate_hz: int = SAMPLE_RATE
) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format=container, subtype=subtype)
    return file.getvalue()


def with_ffmpeg(
    tracks: np.ndarray | list[np.ndarray],
    container: str,
    codec: str,
    rate_hz: int = SAMPLE_RATE,
    options: dict[str, str] | None = None,
) -> bytes:
    """Encode tracks of shape ``(n_samples,)`` or ``(n_samples, 2)``."""
    file = io.BytesIO()
    tracks = tracks if isinstance(tracks, list) else [tracks]
    with av.open(file, "w", format=container, options=options or {}) as output:
        streams = [output.add_stream(codec, rate=rate_hz) for _ in tracks]
        for stream, track in zip(streams, tracks, strict=True):
            stream.bit_rate = 12_200 if "amr" in codec else 64_000
            stream.layout = "stereo" if track.ndim == 2 else "mono"
            stream.codec_context.open()
        for stream, track in zip(streams, tracks, strict=True):
            _encode(output, stream, track.reshape(len(track), -1), rate_hz)
    return file.getvalue()


def _encode(output: av.container.OutputContainer, stream, channels, rate_hz: int) -> None:
    layout = stream.layout.name
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(channels, np.float32).reshape(1, -1), format="flt", layout=layout
    )
    frame.sample_rate = rate_hz
    resampler = av.AudioResampler(
        stream.codec_context.format, layout, rate_hz, stream.codec_context.frame_size or 1024
    )
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        output.mux(stream.encode(part))
    output.mux(stream.encode(None))


def wav_of(samples: np.ndarray, rate_hz: int = SAMPLE_RATE) -> bytes:
    return with_soundfile(samples, "WAV", "PCM_16", rate_hz)


def wav_header(rate_hz: int, n_channels: int, n_bytes: int) -> bytes:
    """Header of 16-bit samples, of any number of channels."""
    width = 2 * n_channels
    chunk = struct.pack(
        "<HHIIHH", 1, n_channels, rate_hz, rate_hz * width % 2**32, width % 2**16, 16
    )
    return b"".join(
        (
            b"RIFF" + struct.pack("<I", 36 + n_bytes) + b"WAVE",
            b"fmt " + struct.pack("<I", 16) + chunk,
            b"data" + struct.pack("<I", n_bytes),
        )
    )
