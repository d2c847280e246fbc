"""What cancels, or cannot be heard, changes nothing of what is heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiotok import assets
from audiotok.audio import SAMPLE_RATE, read_audio
from audiotok.errors import AudioError
from tests.audio.sounds import voice, with_ffmpeg, with_soundfile

EXAMPLES = sorted((assets.ASSETS / "examples").glob("*.flac"))
INSIDE = slice(1_600, -1_600)


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt((samples[INSIDE] ** 2).mean()))


def stereo(right: Callable[[np.ndarray], np.ndarray], rate_hz: int = SAMPLE_RATE) -> np.ndarray:
    left = voice(2.0, rate_hz)
    return np.stack([left, right(left)], axis=1)


def half_inverted(left: np.ndarray) -> np.ndarray:
    right = left.copy()
    right[: len(right) // 2] *= -1
    return right


@pytest.mark.parametrize(
    "right",
    [
        pytest.param(lambda left: -left, id="inverted"),
        pytest.param(lambda left: -0.5 * left, id="inverted and quieter"),
        pytest.param(lambda left: -0.9 * left + 0.02 * np.sin(np.arange(len(left))), id="partly"),
        pytest.param(half_inverted, id="for half of the time"),
        pytest.param(lambda left: 0.2 - left, id="beside an offset"),
    ],
)
def test_of_channels_that_cancel_the_louder_one_is_heard(right: Callable) -> None:
    recording = read_audio((SAMPLE_RATE, stereo(right)))

    (note,) = recording.notes
    assert "out of phase" in note
    assert "channel 1 of 2" in note
    assert loudness(recording.samples) == pytest.approx(loudness(voice()), rel=0.02)


@pytest.mark.parametrize("container", ["MP3", "M4A", "OGG", "WAV", "FLAC"])
def test_channels_cancel_in_every_format(container: str) -> None:
    samples = stereo(lambda left: -left, 48_000)
    data = (
        with_ffmpeg(samples, "ipod", "aac", 48_000)
        if container == "M4A"
        else with_soundfile(samples, container, None, 48_000)
    )

    recording = read_audio(data)

    (note,) = recording.notes
    assert "out of phase" in note
    assert loudness(recording.samples) == pytest.approx(loudness(voice()), rel=0.05)


@pytest.mark.parametrize(
    "right",
    [
        pytest.param(lambda left: left, id="the same"),
        pytest.param(lambda left: 0 * left, id="silent"),
        pytest.param(lambda left: 0.1 * np.roll(left, 37), id="an echo"),
        pytest.param(lambda left: np.random.default_rng(0).normal(0, 0.1, len(left)), id="noise"),
    ],
)
def test_other_channels_are_averaged_without_a_note(right: Callable) -> None:
    channels = stereo(right)

    recording = read_audio((SAMPLE_RATE, channels))

    assert recording.notes == ()
    # 40 Hz and less was hardly in it.
    np.testing.assert_allclose(recording.samples[INSIDE], channels.mean(axis=1)[INSIDE], atol=0.02)


@pytest.mark.parametrize("share", [0.02, 0.05, 0.10, 0.25, -0.25])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_offset_leaves_the_waveform_as_it_was(path: Path, share: float) -> None:
    """What every verdict, measure and picture is made of, to less than a 16-bit step."""
    samples, rate_hz = soundfile.read(path, dtype="float32")
    quieter = 0.7 * samples  # so that nothing reaches full scale

    plain = read_audio((rate_hz, quieter))
    moved = read_audio((rate_hz, quieter + share * np.abs(quieter).max()))

    np.testing.assert_allclose(moved.samples, plain.samples, atol=2e-6)
    assert moved.notes == plain.notes


@pytest.mark.parametrize("rumble_hz", [3.0, 10.0, 25.0])
def test_rumble_below_hearing_is_gone(rumble_hz: float) -> None:
    time_s = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    rumble = 0.3 * np.sin(2 * np.pi * rumble_hz * time_s)

    recording = read_audio((SAMPLE_RATE, voice() + rumble))

    plain = read_audio((SAMPLE_RATE, voice()))
    np.testing.assert_allclose(recording.samples[INSIDE], plain.samples[INSIDE], atol=0.003)


@pytest.mark.parametrize("level", [0.3, 1.0, -0.5])
def test_an_offset_alone_is_silence(level: float) -> None:
    with pytest.raises(AudioError, match="silent"):
        read_audio((SAMPLE_RATE, np.full(SAMPLE_RATE, level)))


def test_the_ends_of_a_clip_cut_in_mid_voice_stay_where_they_are() -> None:
    cut = voice(3.0)[SAMPLE_RATE + 37 : 2 * SAMPLE_RATE + 41]

    recording = read_audio((SAMPLE_RATE, cut))

    np.testing.assert_allclose(recording.samples, cut, atol=0.05 * np.abs(cut).max())


def test_the_lowest_voices_keep_their_loudness() -> None:
    time_s = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    low = (0.3 * np.sin(2 * np.pi * 65 * time_s)).astype(np.float32)

    assert loudness(read_audio((SAMPLE_RATE, low)).samples) == pytest.approx(
        loudness(low), rel=0.02
    )
