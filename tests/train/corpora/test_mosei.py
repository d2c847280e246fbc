"""CMU-MOSEI, laid out as it is distributed, with the real index where it is there."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiotok.errors import DataError
from train.corpora.readers import mosei
from train.corpora.reading import read_corpus

h5py = pytest.importorskip("h5py")

REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "cmu_mosei"
RATE = 16_000
Segment = tuple[float, float, Sequence[float], str]  # start, end, seven numbers, words
VIDEOS: Mapping[str, list[Segment]] = {
    "aa-1": [
        (2.0, 3.5, (1.5, 2, 0, 0, 0, 0, 0), "what a day"),
        (0.25, 1.0, (0, 0, 0, 0, 0, 0, 0), "so it is"),
    ],
    "b_2": [(-0.4, 1.0, (-0.33, 0, 0.66, 0, 0, 1, 0), "this ___ is bad")],
    "c3": [(1.0, 2.0, (3, 0, 0, 0.33, 0.66, 0, 1), "no way")],
    "d4": [(1.0, 2.0, (3, 1, 0, 0, 0, 0, 0), "in no fold")],
}
FOLDS = {"train": ["aa-1"], "valid": ["b_2", "never labelled"], "test": ["c3"]}


def build(root: Path, videos: Mapping[str, list[Segment]], folds: object) -> Path:
    """Write recordings whose pitch says the time, transcripts in order of time, and labels."""
    recordings = root / "Raw" / "Audio" / "Full" / "WAV_16000"
    transcripts = root / "Raw" / "Transcript" / "Segmented" / "Combined"
    for folder in (recordings, transcripts):
        folder.mkdir(parents=True)
    with h5py.File(root / "CMU_MOSEI_Labels.csd", "w") as file:
        for video, segments in videos.items():
            end = max(segment[1] for segment in segments) + 1
            soundfile.write(recordings / f"{video}.wav", sweep(0, end), RATE)
            lines = [
                f"{video}___{n}___{start + 0.004}___{end}___{words}"
                for n, (start, end, _, words) in enumerate(sorted(segments))
            ]
            (transcripts / f"{video}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
            group = file.create_group(f"All Labels/data/{video}")
            group["features"] = np.array([s[2] for s in segments], dtype=np.float32)
            group["intervals"] = np.array([s[:2] for s in segments])
    (root / "standard_folds.json").write_text(json.dumps(folds))
    return root


def sweep(start_s: float, end_s: float) -> np.ndarray:
    """A tone whose pitch says the time."""
    times = np.arange(round(start_s * RATE), round(end_s * RATE)) / RATE
    return 0.5 * np.sin(2 * np.pi * (200 + 100 * times) * times)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return build(tmp_path / "mosei", VIDEOS, FOLDS)


def test_sentiment_is_binary_and_zero_is_left_out(corpus) -> None:
    records = read_corpus("mosei", corpus, {}, task="sent")
    assert [(r.source, r.split, r.labels, r.text) for r in records] == [
        ("aa-1", "train", ("positive",), "what a day"),
        ("b_2", "validation", ("negative",), "this ___ is bad"),
        ("c3", "test", ("positive",), "no way"),
    ]


def test_emotions_are_present_above_zero_in_the_order_of_the_file(corpus) -> None:
    records = read_corpus("mosei", corpus, {}, task="emo")
    assert [(r.text, r.labels) for r in records] == [
        ("what a day", ("happiness",)),
        ("so it is", ()),
        ("this ___ is bad", ("sadness", "disgust")),
        ("no way", ("anger", "surprise", "fear")),
    ]
    assert len({record.id for record in records}) == 4


def test_a_segment_sounds_as_its_interval_of_the_video(corpus) -> None:
    first, second, third, _ = read_corpus("mosei", corpus, {}, task="emo")
    for record, start, end in ((first, 2.0, 3.5), (second, 0.25, 1.0), (third, 0.0, 1.0)):
        found, expected = record.audio[0].read(), sweep(start, end)
        assert len(found) == len(expected)
        inside = slice(RATE // 20, -RATE // 20)  # the high-pass settles at the ends
        np.testing.assert_allclose(found[inside], expected[inside], atol=0.01)


def test_what_is_missing_or_broken_is_one_sentence(corpus) -> None:
    transcripts = corpus / "Raw" / "Transcript" / "Segmented" / "Combined"
    recording = corpus / "Raw" / "Audio" / "Full" / "WAV_16000" / "c3.wav"

    def refused(said: str) -> None:
        with pytest.raises(DataError, match=said) as raised:
            read_corpus("mosei", corpus, {}, task="emo")
        assert "\n" not in str(raised.value)

    recording.rename(corpus / "elsewhere.wav")
    refused(r"c3\.wav', which is missing")
    (corpus / "elsewhere.wav").rename(recording)

    said = (transcripts / "aa-1.txt").read_text()
    (transcripts / "aa-1.txt").write_text(said.splitlines()[1])
    refused(r"aa-1\.txt' has no words from 0\.25 to 1\.00 s")
    (transcripts / "aa-1.txt").unlink()
    refused(r"transcript '.*aa-1\.txt' is missing")
    kept = read_corpus("mosei", corpus, {}, task="emo", skip_incomplete=True)
    assert [record.source for record in kept] == ["b_2", "c3"]

    (transcripts / "aa-1.txt").write_bytes(said.replace("day", "d\xe9j\xe0").encode("latin-1"))
    refused(r"aa-1\.txt' is not UTF-8")
    (transcripts / "aa-1.txt").write_text("aa-1 0 2.0 3.5 what a day")
    refused(r"Line 1 of '.*aa-1\.txt' is not 'video___number")
    (corpus / "standard_folds.json").write_text('{"train": []}')
    refused(r"standard_folds\.json' does not list")
    (corpus / "CMU_MOSEI_Labels.csd").write_text("not HDF5")
    (corpus / "standard_folds.json").write_text(json.dumps(FOLDS))
    refused(r"CMU_MOSEI_Labels\.csd' is not the label file")
    (corpus / "CMU_MOSEI_Labels.csd").unlink()
    refused(r"CMU_MOSEI_Labels\.csd' is missing, so this is no folder of CMU-MOSEI")


@pytest.mark.skipif(not REAL.is_dir(), reason="needs CMU-MOSEI's index in ../shared/data")
def test_the_real_index_reads_with_its_own_splits_and_signs(tmp_path) -> None:
    """The first 40 videos of the real index, with sound and words made up."""
    segments: dict[str, list[Segment]] = {}
    expected = {}
    with (REAL / "CMU_MOSEI_Labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found = segments.setdefault(row["file"], [])
            start, end = float(row["start"]), float(row["end"])
            words = f"{row['file']} {len(found)}"
            found.append((start, end, (float(row["label2b"]), 0, 0, 0, 0, 0, 0), words))
            expected[words] = (row["split"], row["label2b"])
    folds = json.loads((REAL / "standard_folds.json").read_text(encoding="utf-8"))
    some = dict(list(segments.items())[:40])
    root = build(tmp_path / "mosei", some, folds)
    records = list(mosei.read(root, {}, task="sent"))
    splits = {"0": "train", "1": "validation", "2": "test"}
    signs = {"1": "positive", "-1": "negative"}
    assert {r.text: (r.split, r.labels[0]) for r in records} == {
        words: (splits[split], signs[sign])
        for words, (split, sign) in expected.items()
        if words.rsplit(" ", 1)[0] in some and split in splits and sign in signs
    }
    assert len(records) > 40


def test_a_label_that_is_no_number_is_left_out_and_counted(tmp_path, caplog) -> None:
    nan = float("nan")
    videos = {
        **VIDEOS,
        "aa-1": [
            (2.0, 3.5, (nan, 2, 0, 0, 0, 0, 0), "what a day"),
            (0.25, 1.0, (-1, 0, 0, nan, 0, 0, 0), "so it is"),
        ],
    }
    corpus = build(tmp_path / "mosei", videos, FOLDS)
    sentiment = read_corpus("mosei", corpus, {}, task="sent")
    assert [(r.text, r.labels) for r in sentiment if r.source == "aa-1"] == [
        ("so it is", ("negative",))
    ]
    assert "left out: 1 segments of CMU-MOSEI without all labels" in caplog.text
    emotions = read_corpus("mosei", corpus, {}, task="emo")
    assert [(r.text, r.labels) for r in emotions if r.source == "aa-1"] == [
        ("what a day", ("happiness",))
    ]


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1e"])
def test_words_may_hold_what_python_takes_for_the_end_of_a_line(tmp_path, character) -> None:
    said = f"wait{character}what ___ now"
    videos = {**VIDEOS, "c3": [(1.0, 2.0, (3, 0, 0, 0, 1, 0, 0), said)]}
    corpus = build(tmp_path / "mosei", videos, FOLDS)
    assert read_corpus("mosei", corpus, {}, task="emo")[-1].text == said


def test_folds_are_read_from_the_module_of_the_sdk_which_is_not_run(corpus, caplog) -> None:
    (corpus / "standard_folds.json").unlink()
    with pytest.raises(DataError, match=r"standard_folds\.json' is missing, and so is 'cmu_mosei"):
        read_corpus("mosei", corpus, {}, task="emo")
    lists = {fold: f"standard_{fold}_fold = {videos}\n" for fold, videos in FOLDS.items()}
    module = corpus / "cmu_mosei_std_folds.py"
    module.write_text("raise SystemExit\n" + "".join(lists.values()))
    records = read_corpus("mosei", corpus, {}, task="emo")
    assert [r.split for r in records] == ["train", "train", "validation", "test"]
    assert "left out: 1 videos of CMU-MOSEI in no fold, such as 'd4'" in caplog.text
    module.write_text(lists["train"] + lists["test"])
    with pytest.raises(DataError, match=r"folds\.py' does not list the videos of train, valid"):
        read_corpus("mosei", corpus, {}, task="emo")


def test_a_video_in_two_folds_is_refused(corpus) -> None:
    (corpus / "standard_folds.json").write_text(json.dumps({**FOLDS, "test": ["c3", "aa-1"]}))
    with pytest.raises(DataError, match="lists 'aa-1' in both train and test"):
        read_corpus("mosei", corpus, {}, task="emo")


def test_text_alone_needs_no_recordings(corpus) -> None:
    recordings = corpus / "Raw" / "Audio" / "Full" / "WAV_16000"
    recordings.rename(corpus / "elsewhere")
    records = read_corpus("mosei", corpus, {}, task="emo", text_alone=True)
    assert [(len(r.audio), r.source) for r in records[-2:]] == [(0, "b_2"), (0, "c3")]
    with pytest.raises(DataError, match=r"WAV_16000' is missing"):
        read_corpus("mosei", corpus, {}, task="emo")
