"""Whatever people hand in becomes one checked waveform, or one sentence that says why not."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from audiotok.audio import SAMPLE_RATE, Limits, read_audio
from audiotok.errors import AudioError

PITCH_HZ = 220.0


def tone(rate_hz: int = SAMPLE_RATE, seconds: float = 1.0, level: float = 0.3) -> np.ndarray:
    time_s = np.arange(round(rate_hz * seconds)) / rate_hz
    return (level * np.sin(2 * np.pi * PITCH_HZ * time_s)).astype(np.float32)


def encoded(samples: np.ndarray, rate_hz: int, container: str, subtype: str | None = None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format=container, subtype=subtype)
    return file.getvalue()


def wav(samples: np.ndarray, rate_hz: int = SAMPLE_RATE, subtype: str = "PCM_16") -> bytes:
    return encoded(samples, rate_hz, "WAV", subtype)


def encode_with_ffmpeg(path: Path, codec: str, samples: np.ndarray, rate_hz: int = 48_000) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(
            (samples * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(
            format=stream.codec_context.format, layout="mono", rate=rate_hz, frame_size=960
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def pitch_of(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * SAMPLE_RATE / len(samples))


def refusal(source: object, limits: Limits | None = None) -> str:
    with pytest.raises(AudioError) as caught:
        read_audio(source, limits)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize(
    ("container", "subtype"),
    [
        ("WAV", "PCM_U8"),
        ("WAV", "PCM_16"),
        ("WAV", "PCM_24"),
        ("WAV", "PCM_32"),
        ("WAV", "FLOAT"),
        ("WAV", "DOUBLE"),
        ("WAV", "ULAW"),
        ("FLAC", "PCM_16"),
        ("FLAC", "PCM_24"),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
        ("MP3", "MPEG_LAYER_III"),
        ("AIFF", "PCM_16"),
    ],
)
def test_every_format_and_width_gives_the_same_tone(container: str, subtype: str) -> None:
    recording = read_audio(encoded(tone(), SAMPLE_RATE, container, subtype))

    assert recording.samples.dtype == np.float32
    assert recording.duration_s == pytest.approx(1.0, abs=0.1)
    assert pitch_of(recording.samples) == pytest.approx(PITCH_HZ, abs=2)
    assert np.abs(recording.samples).max() == pytest.approx(0.3, abs=0.03)
    assert recording.notes == ()


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("phone.m4a", "aac"),
        ("browser.webm", "libopus"),
        ("safari.mp4", "aac"),
        ("film.mkv", "pcm_s16le"),
    ],
)
def test_what_phones_and_browsers_record_is_read(name: str, codec: str, tmp_path: Path) -> None:
    path = encode_with_ffmpeg(tmp_path / name, codec, tone(48_000, 2.0))

    recording = read_audio(path)

    assert recording.duration_s == pytest.approx(2.0, abs=0.1)
    assert pitch_of(recording.samples) == pytest.approx(PITCH_HZ, abs=2)


@pytest.mark.parametrize(
    "rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000]
)
def test_every_rate_becomes_16_khz(rate_hz: int) -> None:
    recording = read_audio(wav(tone(rate_hz), rate_hz))

    assert len(recording.samples) == pytest.approx(SAMPLE_RATE, abs=2)
    assert pitch_of(recording.samples) == pytest.approx(PITCH_HZ, abs=2)


@pytest.mark.parametrize("rate_hz", [4_000, 384_000])
def test_rates_outside_8_to_192_khz_are_refused(rate_hz: int) -> None:
    assert f"{rate_hz} Hz" in refusal((rate_hz, tone(rate_hz)))


def test_eight_channels_are_averaged() -> None:
    channels = np.zeros((SAMPLE_RATE, 8), dtype=np.float32)
    channels[:, 2] = tone(level=0.8)

    recording = read_audio(wav(channels))

    np.testing.assert_allclose(recording.samples, tone(level=0.1), atol=1e-4)


@pytest.mark.parametrize(
    "dtype", ["int8", "int16", "int32", "uint8", "uint16", "float32", "float64"]
)
def test_arrays_of_any_width_mean_the_same_sound(dtype: str) -> None:
    samples: np.ndarray = tone().astype(dtype)
    if samples.dtype.kind in "iu":
        range_ = np.iinfo(samples.dtype)
        middle = (float(range_.max) + range_.min + 1) / 2
        samples = (tone() * (range_.max - middle) + middle).astype(dtype)

    recording = read_audio((SAMPLE_RATE, samples))

    np.testing.assert_allclose(recording.samples, tone(), atol=0.02)


def test_path_bytes_and_array_give_the_same_samples(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(wav(tone()))
    integers, rate_hz = soundfile.read(path, dtype="int16")

    from_path = read_audio(path).samples

    np.testing.assert_array_equal(read_audio(str(path)).samples, from_path)
    np.testing.assert_array_equal(read_audio(path.read_bytes()).samples, from_path)
    np.testing.assert_array_equal(read_audio((rate_hz, integers)).samples, from_path)


def test_nothing_recorded_yet() -> None:
    assert "record, upload or pick" in refusal(None)


def test_missing_file(tmp_path: Path) -> None:
    assert "no audio file at" in refusal(tmp_path / "absent.wav")
    assert "no audio file at" in refusal(tmp_path)
    assert "no audio file at" in refusal("x" * 5_000)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    path.touch()

    assert refusal(path) == "The audio file is empty."
    assert refusal(b"") == "The audio file is empty."
    assert refusal(wav(np.zeros(0, dtype=np.float32))) == "The recording is empty."
    assert refusal((SAMPLE_RATE, np.zeros(0, dtype=np.int16))) == "The recording is empty."


@pytest.mark.parametrize(
    "content",
    [
        "Dear diary, today nobody sang.\n" * 200,
        "<!doctype html><title>404</title>",
        "\0" * 20_000,
        wav(tone())[:20].decode("latin-1"),
    ],
    ids=["text", "html", "zeros", "half a header"],
)
def test_what_is_no_audio_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "named-like-audio.wav"
    path.write_bytes(content.encode("latin-1"))

    assert "cannot be read as audio" in refusal(path)


@pytest.mark.parametrize(
    "playlist",
    [
        "ffconcat version 1.0\nfile secret.wav\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n",
    ],
    ids=["concat", "hls"],
)
def test_a_playlist_opens_no_other_file(
    playlist: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.wav").write_bytes(wav(tone()))
    monkeypatch.chdir(tmp_path)

    assert "cannot be read as audio" in refusal(playlist.encode())


def test_film_without_sound(tmp_path: Path) -> None:
    path = tmp_path / "silent-film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for _ in range(5):
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))

    assert refusal(path) == "The file holds no sound track."


def test_truncated_wav_is_analysed_with_a_note() -> None:
    whole = wav(tone(seconds=2.0))

    recording = read_audio(whole[: len(whole) // 2])

    assert recording.duration_s == pytest.approx(1.0, abs=0.01)
    assert recording.notes == ("The file ends early: 50% of it is there and was analysed.",)


def test_a_wav_cut_by_a_breath_is_not_called_whole() -> None:
    (note,) = read_audio(wav(tone())[:-40]).notes

    assert "99%" in note


def test_streamed_wav_that_does_not_know_its_size_is_whole() -> None:
    streamed = bytearray(wav(tone()))
    streamed[4:8] = streamed[40:44] = b"\xff" * 4

    recording = read_audio(bytes(streamed))

    assert recording.duration_s == 1.0
    assert recording.notes == ()


def test_streamed_flac_that_does_not_know_its_length_is_read() -> None:
    streamed = bytearray(encoded(tone(), SAMPLE_RATE, "FLAC"))
    streamed[21] &= 0xF0  # the stream's number of samples: 36 bits, 0 for unknown
    streamed[22:26] = b"\0" * 4

    assert read_audio(bytes(streamed)).duration_s == 1.0


def test_truncated_flac_keeps_what_is_there() -> None:
    whole = encoded(tone(seconds=4.0), SAMPLE_RATE, "FLAC")

    assert 1.0 < read_audio(whole[: len(whole) // 2]).duration_s < 3.0


def test_too_short() -> None:
    assert refusal(wav(tone(seconds=0.05))) == (
        "The recording lasts 0.05 s; at least 0.2 s are needed."
    )
    assert read_audio(wav(tone(seconds=0.2))).duration_s == 0.2


def test_ten_minutes_are_too_long(tmp_path: Path) -> None:
    ten_minutes = tone(8_000, 600)

    assert "600 s; at most 60 s" in refusal(wav(ten_minutes, 8_000))
    assert "600 s; at most 60 s" in refusal((8_000, ten_minutes))
    long_m4a = encode_with_ffmpeg(tmp_path / "long.m4a", "aac", tone(48_000, 61))
    assert "more than 60 s; at most 60 s" in refusal(long_m4a)


def test_limits_are_settings() -> None:
    assert "at most 1.5 s" in refusal(wav(tone(seconds=2)), Limits(max_s=1.5))
    assert read_audio(wav(tone(8_000, 90), 8_000), Limits(max_s=120)).duration_s == 90


def test_files_over_the_size_limit_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.wav"
    path.write_bytes(wav(tone()))

    assert "larger than 0.01 MB" in refusal(path, Limits(max_bytes=10_000))
    assert "larger than 0.01 MB" in refusal(path.read_bytes(), Limits(max_bytes=10_000))


@pytest.mark.parametrize("level", [0.0, 5e-5], ids=["zeros", "-86 dB"])
def test_silence(level: float) -> None:
    assert "silent" in refusal(wav(tone(level=level), subtype="FLOAT"))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_numbers(value: float) -> None:
    samples = tone()
    samples[100] = value

    assert "not numbers" in refusal((SAMPLE_RATE, samples))
    assert "not numbers" in refusal(wav(samples, subtype="FLOAT"))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16"])
def test_clipped_recording_is_analysed_with_a_note(subtype: str) -> None:
    recording = read_audio(wav(np.clip(tone(level=3.0), -1, 1), subtype=subtype))

    (note,) = recording.notes
    assert "clipped" in note
    assert np.abs(recording.samples).max() <= 1.0


def test_floats_over_full_scale_are_turned_down_not_cut() -> None:
    recording = read_audio((SAMPLE_RATE, tone(level=2.0)))

    np.testing.assert_allclose(recording.samples, tone(level=1.0), atol=1e-3)


@pytest.mark.parametrize("dtype", ["complex64", "bool", "object"])
def test_arrays_that_are_no_sound(dtype: str) -> None:
    assert dtype in refusal((SAMPLE_RATE, np.ones(SAMPLE_RATE).astype(dtype)))


def test_arrays_of_three_dimensions() -> None:
    assert "(1600, 2, 2)" in refusal((SAMPLE_RATE, np.zeros((1600, 2, 2), np.float32)))
