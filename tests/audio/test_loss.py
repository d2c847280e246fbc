"""Files that are cut, damaged or joined are heard as far as they go; a note says what is not."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audiotok.audio import Excerpt, Limits, Recording, read_audio
from audiotok.errors import AudioError
from tests.audio.sounds import (
    SAMPLE_RATE,
    voice,
    wav_header,
    wav_of,
    with_ffmpeg,
    with_soundfile,
)

CASES = Path(__file__).parents[3] / "shared" / "cases"
SECONDS = 6.0


def ffmpeg(
    container: str, codec: str, rate_hz: int = 48_000, **options: str
) -> Callable[[], bytes]:
    return lambda: with_ffmpeg(voice(SECONDS, rate_hz), container, codec, rate_hz, options)


def sndfile(container: str) -> Callable[[], bytes]:
    return lambda: with_soundfile(voice(SECONDS), container)


def case(name: str) -> Path:
    path = CASES / name
    if not path.exists():
        pytest.skip(f"The shared case {name} is not on this machine.")
    return path


CUT = {
    "wav": sndfile("WAV"),
    "rf64": sndfile("RF64"),
    "w64": sndfile("W64"),
    "aiff": sndfile("AIFF"),
    "caf": sndfile("CAF"),
    "au": sndfile("AU"),
    "flac": sndfile("FLAC"),
    "vorbis": sndfile("OGG"),
    "opus": ffmpeg("ogg", "libopus"),
    "mp3": ffmpeg("mp3", "libmp3lame"),
    "mp3 without Xing": ffmpeg("mp3", "libmp3lame", write_xing="0"),
    "adts": ffmpeg("adts", "aac"),
    "fragmented mp4": ffmpeg(
        "mp4", "aac", movflags="frag_keyframe+empty_moov", frag_duration="300000"
    ),
    "webm": ffmpeg("webm", "libopus"),
    "mkv": ffmpeg("matroska", "pcm_s16le"),
    "wma": ffmpeg("asf", "wmav2", 44_100),
    "amr": ffmpeg("amr", "libopencore_amrnb", 8_000),
    "wavpack": ffmpeg("wv", "wavpack"),
    "tta": ffmpeg("tta", "tta"),
}


@pytest.mark.parametrize("make", CUT.values(), ids=CUT.keys())
def test_a_file_cut_short_is_heard_to_where_it_ends(make: Callable[[], bytes]) -> None:
    whole = make()
    assert read_audio(whole).notes == ()

    recording = read_audio(whole[: len(whole) * 6 // 10 + 1])

    assert 0.25 * SECONDS < recording.duration_s < 0.72 * SECONDS
    (note,) = recording.notes
    assert note.startswith("The file ends early: ")
    share = re.search(r"(\d+)% of it", note)
    seconds = re.search(r"the ([\d.]+) s that are there", note)
    if share:
        assert int(share[1]) / 100 == pytest.approx(recording.duration_s / SECONDS, abs=0.08)
    else:
        assert seconds
        assert float(seconds[1]) == pytest.approx(recording.duration_s, abs=0.06)


def test_a_film_cut_before_its_index_says_so() -> None:
    whole = with_ffmpeg(voice(SECONDS, 48_000), "mp4", "aac", 48_000)

    with pytest.raises(AudioError, match="ends before its index"):
        read_audio(whole[: len(whole) // 2])


DAMAGED = ["flac", "vorbis", "opus", "mp3", "mp3 without Xing", "adts", "webm", "wma"]


@pytest.mark.parametrize("name", DAMAGED)
def test_a_hole_in_the_middle_ends_nothing(name: str) -> None:
    data = bytearray(CUT[name]())
    middle = len(data) // 2
    data[middle : middle + 700] = np.random.default_rng(0).bytes(700)

    recording = read_audio(bytes(data))

    assert 0.5 * SECONDS < recording.duration_s < SECONDS + 0.1
    (note,) = recording.notes
    assert note.startswith("The file is damaged: ")


def test_the_damaged_m4a_is_heard_as_ffmpeg_hears_it() -> None:
    recording = read_audio(case("corrupt-middle/corrupt_mid.m4a"))

    assert recording.duration_s == pytest.approx(13.93, abs=0.02)
    (note,) = recording.notes
    assert "damaged: 0.06 s" in note


def test_the_shared_mp3s_are_heard_whole_or_with_a_note() -> None:
    assert read_audio(case("mp3-vbr-no-xing/short.mp3")).duration_s == pytest.approx(3.5, abs=0.05)
    assert read_audio(case("mp3-concatenated/twice.mp3")).duration_s == pytest.approx(7, abs=0.05)
    truncated = read_audio(case("corrupt-middle/truncated.mp3"))
    assert truncated.duration_s == pytest.approx(3.7, abs=0.05)
    assert truncated.notes == ("The file ends early: 26% of it is there and was analysed.",)


@pytest.mark.parametrize("name", ["riff0_data0.wav", "riffok_data0.wav"])
def test_the_shared_streams_are_heard_to_the_end(name: str) -> None:
    recording = read_audio(case(f"wav-size-zero/{name}"))

    assert recording.duration_s == pytest.approx(3.5, abs=0.01)
    assert recording.notes == ()


def test_the_shared_voicemail_is_heard() -> None:
    assert read_audio(case("gsm-wav/voicemail.wav")).duration_s == pytest.approx(3.52, abs=0.01)


JOINED = [
    (sndfile("MP3"), sndfile("MP3")),
    (CUT["mp3 without Xing"], CUT["mp3 without Xing"]),
    (CUT["mp3 without Xing"], CUT["mp3"]),
    (CUT["opus"], CUT["opus"]),
    (CUT["vorbis"], CUT["vorbis"]),
    (CUT["vorbis"], CUT["opus"]),
    (CUT["flac"], CUT["flac"]),
    (CUT["flac"], lambda: with_soundfile(voice(SECONDS, 48_000), "FLAC", None, 48_000)),
    (CUT["webm"], CUT["webm"]),
    (CUT["wav"], lambda: wav_of(voice(SECONDS, 44_100), 44_100)),
    (CUT["amr"], CUT["amr"]),
    (CUT["adts"], lambda: with_ffmpeg(voice(SECONDS, 24_000), "adts", "aac", 24_000)),
]


@pytest.mark.parametrize(("first", "second"), JOINED)
def test_both_of_two_joined_files_are_heard(
    first: Callable[[], bytes], second: Callable[[], bytes]
) -> None:
    recording = read_audio(first() + second())

    assert recording.duration_s == pytest.approx(2 * SECONDS, abs=0.2)
    assert recording.notes == ()
    assert loudness(recording, 0, 5) == pytest.approx(
        loudness(recording, SECONDS + 0.5, 5), rel=0.1
    )


def loudness(recording: Recording, start_s: float, seconds: float) -> float:
    part = recording.samples[round(start_s * SAMPLE_RATE) :][: round(seconds * SAMPLE_RATE)]
    return float(np.sqrt((part**2).mean()))


def test_an_excerpt_is_counted_through_joined_files() -> None:
    joined = CUT["flac"]() + with_soundfile(voice(2.0, 16_000), "FLAC")

    part = read_audio(joined, Limits(), Excerpt(SECONDS - 0.5, SECONDS + 1.0))

    assert part.duration_s == 1.5


@pytest.mark.parametrize(
    "name", ["wav", "flac", "vorbis", "opus", "mp3", "mp3 without Xing", "aiff"]
)
def test_an_excerpt_is_what_the_whole_file_has_there(name: str) -> None:
    data = CUT[name]()
    whole = read_audio(data).samples

    part = read_audio(data, Limits(), Excerpt(3.0, 4.5)).samples

    inside = slice(1_600, -1_600)  # the high-pass settles at the ends
    expected = whole[3 * SAMPLE_RATE : round(4.5 * SAMPLE_RATE)]
    np.testing.assert_allclose(part[inside], expected[inside], atol=2e-3)


def test_a_cover_picture_is_no_sound() -> None:
    picture = np.random.default_rng(0).bytes(60_000).replace(b"\0", b"\xff")
    body = b"APIC" + len(picture).to_bytes(4, "big") + b"\0\0" + picture
    size = bytes(len(body) >> 7 * place & 0x7F for place in (3, 2, 1, 0))

    recording = read_audio(b"ID3\x03\0\0" + size + body + CUT["mp3 without Xing"]())

    assert recording.duration_s == pytest.approx(SECONDS, abs=0.1)


def test_both_data_chunks_of_a_wav_are_heard() -> None:
    samples = (voice() * 32_767).astype("<i2").tobytes()
    second = b"data" + struct.pack("<I", len(samples)) + samples
    header = bytearray(wav_header(SAMPLE_RATE, 1, len(samples)))
    header[4:8] = struct.pack("<I", len(header) - 8 + len(samples) + len(second))

    assert read_audio(bytes(header) + samples + second).duration_s == 4.0


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF])
def test_the_sizes_of_a_stream_mean_nothing(size: int) -> None:
    streamed = bytearray(wav_of(voice()))
    streamed[4:8] = streamed[40:44] = struct.pack("<I", size)

    recording = read_audio(bytes(streamed))

    assert recording.duration_s == 2.0
    assert recording.notes == ()


def test_raw_packets_in_a_wav_are_refused_rather_than_heard_in_part() -> None:
    with pytest.raises(AudioError, match=r"'aac', whose packets cannot be told apart.*M4A"):
        read_audio(with_ffmpeg(voice(SECONDS, 48_000), "wav", "aac", 48_000))


@pytest.mark.parametrize("container", ["matroska", "mp4", "mov"])
def test_a_silent_first_track_is_passed_over(container: str) -> None:
    codec = "aac" if container != "mov" else "pcm_s16le"
    tracks = [np.zeros(96_000, np.float32), voice(2.0, 48_000)]

    recording = read_audio(with_ffmpeg(tracks, container, codec, 48_000))

    assert recording.notes == ("Sound track 1 is silent, so track 2 was heard.",)
    assert loudness(recording, 0.2, 1.5) == pytest.approx(
        float(np.sqrt((voice() ** 2).mean())), rel=0.1
    )
