from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.conftest import tone
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.encoding.clip_variants import ClipVariant, References, clip_variants


def record(name: str, label: str, speaker: str = "anna") -> Record:
    return Record(name, (Part(Path(f"{name}.wav")),), "words", (label,), speaker, "test", "corpus")


PLAIN = [record(f"plain{n}", "neutral") for n in range(3)]
ANGRY, CALM = record("angry", "anger"), record("calm", "calm")
OTHER = record("other", "neutral", "ben")
REFERENCES = References([*PLAIN, ANGRY, CALM, OTHER])


def test_a_reference_is_neutral_of_the_same_speaker_and_never_the_clip_itself() -> None:
    for seed in range(20):
        assert set(REFERENCES.choose(ANGRY, seed)) < set(PLAIN)
        assert PLAIN[0] not in REFERENCES.choose(PLAIN[0], seed)
    assert {REFERENCES.choose(ANGRY, seed)[0] for seed in range(20)} == set(PLAIN)
    assert REFERENCES.choose(OTHER, 0) == ()  # ben has no other neutral clip
    assert REFERENCES.choose(record("x", "anger", "cleo"), 0) == ()


def test_the_same_recording_listed_twice_is_no_reference() -> None:
    twin = Record("twin", PLAIN[0].audio, "words", ("neutral",), "anna", "test", "corpus")
    found = References([PLAIN[0], twin])
    assert found.choose(PLAIN[0], 0) == ()


def test_hearings_are_alone_first_and_then_relative() -> None:
    found = clip_variants([ANGRY, OTHER], REFERENCES, ["", "augmented 1"], n_references=1)
    kinds = [(h.record.id, h.change, bool(h.references)) for h in found]
    assert kinds == [
        ("angry", "", False),
        ("angry", "", True),
        ("angry", "augmented 1", False),
        ("angry", "augmented 1", True),
        ("other", "", False),
        ("other", "augmented 1", False),
    ]
    assert len(clip_variants([ANGRY], REFERENCES, [""], n_references=50)) == 4  # no choice twice


def test_a_change_sounds_the_same_every_time_and_differs_between_variants() -> None:
    clip = tone(1.0)
    first, second = ClipVariant(ANGRY, "augmented 1"), ClipVariant(ANGRY, "augmented 2")
    np.testing.assert_array_equal(first.changed(clip), first.changed(clip))
    assert first.changed(clip).shape != second.changed(clip).shape
    assert ClipVariant(ANGRY).changed(clip) is clip
    assert not np.array_equal(ClipVariant(ANGRY, "noise 5 dB").changed(clip), clip)
