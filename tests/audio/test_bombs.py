"""Small files that would unfold to gigabytes are refused, or read, within 300 MB above rest."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.audio.sounds import voice, wav_header, with_ffmpeg, with_soundfile

MEMORY = Path("/proc/self/status")
ALLOWED_MB = 300
READ = """
import sys
from audiotok.audio import read_audio
from audiotok.errors import AudioError
from tests.audio.sounds import voice, wav_of, with_ffmpeg

def peak_mb():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024

read_audio(wav_of(voice(rate_hz=48000), 48000))
read_audio(with_ffmpeg(voice(rate_hz=48000), "ogg", "libopus", 48000))
rest = peak_mb()
try:
    print(f"{read_audio(sys.argv[1]).duration_s:.1f} s")
except AudioError as error:
    print(error)
print(round(peak_mb() - rest))
"""


def silence(n_frames: int, n_channels: int, rate_hz: int, container: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with soundfile.SoundFile(path, "w", rate_hz, n_channels, format=container) as file:
            for start in range(0, n_frames, 100_000):
                file.write(np.zeros((min(100_000, n_frames - start), n_channels), np.int16))

    return write


def lossless(container: str, codec: str) -> Callable[[Path], None]:
    zeros = np.zeros((59 * 192_000, 2), np.float32)
    return lambda path: _put(path, with_ffmpeg(zeros, container, codec, 192_000))


def opus(path: Path) -> None:
    _put(path, with_ffmpeg(np.zeros(48_000 * 900, np.float32), "ogg", "libopus", 48_000))


def wav(rate_hz: int, n_channels: int) -> Callable[[Path], None]:
    n_bytes = 49_999_900
    return lambda path: _put(path, wav_header(rate_hz, n_channels, n_bytes) + bytes(n_bytes))


def lying_mp4(path: Path) -> None:
    """A sampling rate in the header that no sound has: one second would last 13 hours."""
    data = bytearray(with_ffmpeg(voice(rate_hz=48_000), "mov", "pcm_s16le", 48_000))
    place = data.index(b"sowt") + 28  # 16.16 bits in the description of the samples
    data[place : place + 2] = (1).to_bytes(2, "big")
    _put(path, bytes(data))


def lying_matroska(path: Path) -> None:
    data = with_ffmpeg(voice(rate_hz=48_000), "matroska", "pcm_s16le", 48_000)
    real, absurd = struct.pack(">d", 48_000.0), struct.pack(">d", 1e9)
    assert real in data
    _put(path, data.replace(real, absurd, 1))


def one_block(path: Path) -> None:
    """Everything in a single packet of a format whose packets may have any size."""
    n_bytes = 49_000_000
    header = b"TTA1" + b"\1\0\1\0\x10\0" + (192_000).to_bytes(4, "little")
    _put(path, header + (2**31).to_bytes(4, "little") + bytes(n_bytes))


def picture(path: Path) -> None:
    """An MP3 with a cover picture of 20,000 x 20,000 pixels."""
    side = 20_000
    row = bytes(1 + 3 * side)
    squeeze = zlib.compressobj(9)
    pixels = b"".join([*(squeeze.compress(row) for _ in range(side)), squeeze.flush()])
    header = side.to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        for kind, body in chunks
    )
    _put(path, tagged_with(png) + with_soundfile(voice(), "MP3"))


def tagged_with(png: bytes) -> bytes:
    """An ID3 tag that holds a cover picture."""
    body = b"\0image/png\0\x03\0" + png
    frame = b"APIC" + len(body).to_bytes(4, "big") + b"\0\0" + body
    size = bytes(len(frame) >> 7 * place & 0x7F for place in (3, 2, 1, 0))
    return b"ID3\x03\0\0" + size + frame


def _put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (silence(59 * 655_350, 8, 655_350, "FLAC"), "655350 Hz is outside"),
        (silence(59 * 192_000, 8, 192_000, "FLAC"), "silent"),
        (silence(7_200 * 44_100, 2, 44_100, "FLAC"), "lasts 7200 s"),
        (silence(3 * 16_000, 255, 16_000, "OGG"), "255 channels"),
        (opus, "more than 60 s"),
        (lossless("wv", "wavpack"), "silent"),
        (lossless("tta", "tta"), "silent"),
        (lossless("matroska", "pcm_s16le"), "silent"),
        (wav(192_000, 2), "lasts 65 s"),
        (wav(8_000, 1), "lasts 3125 s"),
        (wav(48_000, 32), "silent"),
        (wav(16_000, 33), "33 channels"),
        (wav(16_000, 1_000), "1000 channels"),
        (wav(16_000, 30_000), "cannot be read"),
        (wav(192_000, 24), "too much to read"),
        (lying_mp4, "rate of 1 Hz"),
        (lying_matroska, "1000000000 Hz"),
        (one_block, ""),
        (picture, "2.0 s"),
    ],
    ids=[
        "flac 8 x 655 kHz", "flac 8 x 192 kHz", "flac 2 h", "vorbis 255", "opus 15 min", "wavpack",
        "tta", "matroska", "wav 192 kHz", "wav 8 kHz", "wav 32 channels", "wav 33 channels",
        "wav 1000 channels", "wav 30000 channels", "wav 24 x 192 kHz", "mov at 1 Hz",
        "matroska at 1 GHz", "tta in one block", "cover picture",
    ],
)  # fmt: skip
def test_no_upload_takes_more_than_300_mb(
    write: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    if not MEMORY.exists():
        pytest.skip(f"Memory is measured by {MEMORY}, which this system does not have.")
    path = tmp_path / "bomb"
    write(path)
    run = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True
    )
    sentence, above_rest_mb = run.stdout.strip().splitlines()
    assert said in sentence
    assert int(above_rest_mb) < ALLOWED_MB
