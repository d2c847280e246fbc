from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from train.bundles.corpus_facts import corpora_with_votes, corpus_facts, facts_table
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.encoding.clip_variants import ClipVariant

SAD = Record("a", (Part(Path("a.wav")),), "", ("sadness",), "Ann", "train", "voices")
AGAIN = replace(SAD, id="b", text="the same clip, as another record")
OTHER = replace(SAD, id="c", audio=(Part(Path("c.wav")),), speaker="Bob").with_votes(
    "anger", {"anger": 3, "sadness": 1}
)
SILENT = replace(SAD, id="d", audio=(Part(Path("d.wav")),), split="test", speaker="")
TEXT = Record("t", (), "well", ("anger",), "", "train", "texts")
FRAMES = np.zeros((8, 90_000), dtype=np.int64)  # half an hour, at 20 ms


def test_records_speakers_and_hours_are_counted_by_corpus_and_split() -> None:
    codes = {ClipVariant(SAD): FRAMES, ClipVariant(AGAIN): FRAMES, ClipVariant(OTHER): FRAMES}
    found = corpus_facts([SAD, AGAIN, OTHER, SILENT, TEXT], codes, 0.02)
    assert str(found["voices"]["train"]) == "3, 2 speakers, 1.0 h"  # one clip, though listed twice
    assert str(found["voices"]["test"]) == "1"  # neither named nor readable
    assert str(found["texts"]["train"]) == "1"
    assert "| texts | 1 | – | – |" in facts_table(found)


def test_corpora_whose_listeners_voted_are_named() -> None:
    assert corpora_with_votes([SAD, OTHER, TEXT]) == ["voices"]
    assert corpora_with_votes([SAD]) == []
