"""Tables and corpora that others met in the wild; they lie beside the repository."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from audiotok.__main__ import main
from audiotok.errors import DataError
from tests.fake_classifier import FakeClassifier
from train.corpora.reading import read_corpus

CASES = Path(__file__).parents[4] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases")


def test_a_quotation_mark_that_is_not_closed_takes_no_row(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("audiotok.classifier.load", lambda *_, **__: FakeClassifier())
    out = tmp_path / "out.csv"
    table = CASES / "csv-unclosed-quote" / "table.csv"
    assert main(["predict", "--table", str(table), "--out", str(out)]) == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["a.flac", "b.flac", "a.flac"]
    assert "quotation mark" in rows[0]["error"]
    assert [row["error"] for row in rows[1:]] == ["", ""]
    assert [row["text"] for row in rows[1:]] == ["I am so glad", "Third row"]


def test_a_quotation_mark_that_is_not_closed_gives_no_clip_the_label_of_another() -> None:
    with pytest.raises(DataError, match=r"^Line 2 of"):
        read_corpus("folder", CASES / "csv-unclosed-quote" / "corpus", {})


def test_a_line_of_json_may_hold_a_line_separator() -> None:
    corpus = CASES / "jsonl-line-separator" / "corpus"
    (record,) = read_corpus("audiofolder", corpus, {})
    assert "\u2028" in record.text
    assert record.audio[0].path == corpus / "train" / "a.wav"


def test_splits_may_be_capital() -> None:
    records = read_corpus("audiofolder", CASES / "audiofolder-capital-splits" / "corpus", {})
    assert sorted(record.split for record in records) == ["test", "train"]


def test_songs_and_videos_are_no_speech_and_said_to_be_left_out(caplog) -> None:
    splits = {"train": ["Actor_01"], "validation": [], "test": []}
    records = read_corpus("ravdess", CASES / "ravdess-not-speech" / "ravdess", splits)
    assert sorted(record.audio[0].path.name for record in records) == [
        "03-01-03-01-01-01-01.wav",
        "03-01-03-01-01-02-01.WAV",
    ]
    assert "1 songs: Actor_01/03-02-03-01-01-01-01.wav" in caplog.text
    assert "1 sound of videos: Actor_01/01-01-03-01-01-01-01.wav" in caplog.text
