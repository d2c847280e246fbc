"""Files that others met in the wild, one of each kind; they lie beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiotok.audio import read_audio

CASES = Path(__file__).parents[3] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases")


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("mp3-vbr-no-xing/short.mp3", 3.5),
        ("mp3-concatenated/twice.mp3", 7.0),
        ("corrupt-middle/corrupt_mid.m4a", 13.9),
        ("gsm-wav/voicemail.wav", 3.5),
        ("wav-size-zero/riff0_data0.wav", 3.5),
        ("wav-size-zero/riffok_data0.wav", 3.5),
        ("stereo-inverted/clip.wav", 3.5),
        ("webm-upload/recording.webm", 3.5),
        ("webm-upload/safari.mp4", 3.5),
    ],
)
def test_all_of_the_sound_is_read(name: str, seconds: float) -> None:
    assert read_audio(CASES / name).duration_s == pytest.approx(seconds, abs=0.12)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("corrupt-middle/corrupt_mid.m4a", "is damaged"),
        ("corrupt-middle/truncated.mp3", "ends early"),
        ("stereo-inverted/clip.wav", "out of phase"),
    ],
)
def test_what_was_not_heard_is_said(name: str, said: str) -> None:
    assert any(said in note for note in read_audio(CASES / name).notes)
