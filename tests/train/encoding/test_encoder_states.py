from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from audiotok.audio import SAMPLE_RATE
from audiotok.speech_encoder import packaged_encoder
from tests.sounds import spoken
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.encoding import encoder_states as states_module
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import read_clip
from train.encoding.encoder_states import encoder_states, mean_state


def variants(folder: Path) -> list[ClipVariant]:
    soundfile.write(folder / "clip.wav", spoken(1.0), SAMPLE_RATE)
    record = Record("a", (Part(folder / "clip.wav"),), "", (), "", "", "c")
    return [
        ClipVariant(record),
        ClipVariant(record, "augmented 1"),
        ClipVariant(record, "noise 5 dB"),
    ]


def test_states_are_those_of_what_sounds_and_are_kept(tmp_path, monkeypatch) -> None:
    wanted = variants(tmp_path)
    plain, augmented, noisy = encoder_states(wanted, tmp_path / "states")
    heard = packaged_encoder()(read_clip(wanted[0].audio))
    np.testing.assert_array_equal(plain, heard.astype(np.float16).astype(np.float32))
    assert np.abs(noisy - plain).max() > 0.5
    assert len(augmented) != len(plain) or np.abs(augmented - plain).max() > 0.5
    monkeypatch.setattr(states_module, "packaged_encoder", lambda: None)  # is not asked again
    again = list(encoder_states(wanted, tmp_path / "states"))
    np.testing.assert_array_equal(again[2], noisy)


def test_the_mean_is_that_of_the_frames_in_which_something_sounds() -> None:
    states = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 40.0]], np.float32)
    np.testing.assert_allclose(mean_state(states, np.array([True, True, False])), [2.0, 10.0])
    last = np.array([False, False, True, True])  # the codec may have a frame more
    np.testing.assert_allclose(mean_state(states, last), [5.0, 40.0])
