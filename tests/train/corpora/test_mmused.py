"""MM-USED-fallacy and MM-USED: the authors' real tables, and files in MAMKit's layout."""

from __future__ import annotations

import csv
import pickle
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiotok.audio import read_audio
from audiotok.errors import DataError
from train.corpora.audio_parts import Part
from train.corpora.checks import what_splits_share
from train.corpora.readers import mmused_fallacy
from train.corpora.reading import read_corpus
from train.corpora.records import Record

REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "mmused_fallacy"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="needs MM-USED-fallacy in ../shared/data")
COLUMNS = ("split", "index", "text", "audio_path_list", "label")
CLIPS = "MMUSED-fallacy/audio_clips"


def sound(path: Path, n_samples: int = 4800) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(len(path.parts))
    soundfile.write(path, rng.uniform(-0.5, 0.5, n_samples), 16_000)
    return path


def table(root: Path, task: str, *rows: tuple[str, ...]) -> None:
    root.mkdir(exist_ok=True)
    with (root / f"dataset_combined_{task}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


@needs_real
def test_the_real_tables_give_the_published_numbers() -> None:
    sizes = {"afc": (969, 121, 229), "afd": (13_400, 3_350, 2_160)}
    for task, expected in sizes.items():
        records = list(mmused_fallacy.read(REAL, {}, task=task))
        splits = [record.split for record in records]
        assert tuple(map(splits.count, ("train", "validation", "test"))) == expected
        assert {label for r in records for label in r.labels} == set(mmused_fallacy.LABELS[task])
        assert len({record.id for record in records}) == len(records)
        assert {r.source for r in records if r.split == "test"} == {"47_2024", "48_2024"}
    emotional = [r for r in mmused_fallacy.read(REAL, {}, task="afc") if r.split == "test"]
    assert sum(r.labels == ("appeal_to_emotion",) for r in emotional) == 142
    assert sum(r.labels == ("slogans",) for r in emotional) == 9


@needs_real
def test_a_snippet_over_several_clips_keeps_them_in_order() -> None:
    record = next(
        r for r in mmused_fallacy.read(REAL, {}, task="afc") if r.text.startswith("He just doesn't")
    )
    assert [part.path.relative_to(REAL / CLIPS).as_posix() for part in record.audio] == [
        "32_2004/692.wav",
        "32_2004/693.wav",
    ]


@needs_real
def test_the_real_clips_belong_to_their_rows() -> None:
    present = [
        record
        for record in mmused_fallacy.read(REAL, {}, task="afd")
        if all(part.path.is_file() for part in record.audio)
    ]
    assert {record.audio[0].path.name for record in present} == {"6.wav", "337.wav"}
    assert {record.source for record in present} == {"48_2024"}
    for record in present:
        whole = read_audio(record.audio[0].path).samples
        np.testing.assert_array_equal(record.audio[0].read(), whole)


@needs_real
def test_what_the_official_splits_share_is_counted() -> None:
    afd = {s.splits: s for s in what_splits_share(mmused_fallacy.read(REAL, {}, task="afd"))}
    assert afd["train", "test"].n_texts == 32
    assert afd["train", "test"].n_from_sources == 0
    assert afd["train", "validation"].n_from_sources == 3_350
    assert "Of the 2160 test examples" in str(afd["train", "test"])
    afc = {s.splits: s for s in what_splits_share(mmused_fallacy.read(REAL, {}, task="afc"))}
    assert set(afc) == {("train", "validation")}


@needs_real
def test_the_first_missing_clip_of_the_real_corpus_is_named_or_left_out(caplog) -> None:
    with pytest.raises(DataError, match=r"13_1988.726\.wav.*skip_incomplete"):
        read_corpus("mmused_fallacy", REAL, {}, task="afc")
    kept = read_corpus("mmused_fallacy", REAL, {}, task="afd", skip_incomplete=True)
    assert {record.source for record in kept} == {"48_2024"}
    assert f"{18_910 - len(kept)} records" in caplog.text


def test_words_and_debates_in_two_splits_are_told_apart() -> None:
    def record(name: str, text: str, split: str, source: str) -> Record:
        return Record(name, (), text, (), "", split, "c", source)

    (shared,) = what_splits_share(
        [
            record("a", "Yes.", "train", "one"),
            record("b", " Yes. ", "test", "two"),
            record("c", "No.", "test", "one"),
            record("d", "", "test", ""),
            record("e", "", "train", ""),
        ]
    )
    assert (shared.n_records, shared.n_texts, shared.n_from_sources) == (3, 1, 1)


@pytest.mark.parametrize(
    ("task", "row", "said"),
    [
        ("afc", ("train", "0", "words", "a.wav", "6"), "Line 3 .* the label '6', not 0, 1"),
        ("afd", ("train", "0", "words", "a.wav", "2"), "Line 3 .* the label '2', not 0, 1"),
        ("afc", ("dev", "0", "words", "a.wav", "0"), "Line 3 .* the split 'dev'"),
        ("afc", ("train", "0", " ", "a.wav", "0"), "Line 3 .* lacks its clip or its text"),
        ("afc", ("train", "0", "words", "", "0"), "Line 3 .* lacks its clip or its text"),
        ("afc", ("train", "7", "words", "b.wav", "0"), r"b\.wav' is the clip of both 'train-1'"),
        ("afc", ("train", "7", "words", "gone.wav", "0"), r"gone\.wav', which is missing"),
    ],
)
def test_a_wrong_row_is_one_sentence(tmp_path, task, row, said) -> None:
    sound(tmp_path / "a.wav")
    sound(tmp_path / "b.wav")
    table(tmp_path, task, ("train", "1", "fine", "b.wav", "1"), row)
    with pytest.raises(DataError, match=said) as raised:
        read_corpus("mmused_fallacy", tmp_path, {}, task=task)
    assert "\n" not in str(raised.value)


def test_what_cannot_be_meant_is_one_sentence(tmp_path) -> None:
    for options, said in (
        ({}, "tasks afc, afd, which the config must say"),
        ({"task": "arc"}, "not 'arc'"),
        ({"task": "afc"}, "no folder of MM-USED-fallacy"),
        ({"task": "afc", "limit": 3}, "knows no 'limit'"),
    ):
        with pytest.raises(DataError, match=said):
            read_corpus("mmused_fallacy", tmp_path, {}, **options)
    table(tmp_path, "afc")
    with pytest.raises(DataError, match="official splits"):
        read_corpus("mmused_fallacy", tmp_path, {"test": ["x"]}, task="afc")
    (tmp_path / "dataset_combined_afc.csv").write_bytes("split,index,naïve".encode("latin-1"))
    with pytest.raises(DataError, match=r"dataset_combined_afc\.csv' is not a CSV table in UTF-8"):
        read_corpus("mmused_fallacy", tmp_path, {}, task="afc")


class Bomb:
    """What a pickle can do to whoever opens it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_an_untrusted_pickle_is_not_opened(tmp_path) -> None:
    for folder in ("MMUSED-fallacy", "MMUSED"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "dataset.pkl").write_bytes(pickle.dumps(Bomb(tmp_path / "harm")))
    for reader, options in (("mmused_fallacy", {"task": "afd"}), ("mmused", {})):
        with pytest.raises(DataError, match=r"can run any code .*trust_pickle: true.*--trust"):
            read_corpus(reader, tmp_path, {}, **options)
    assert not (tmp_path / "harm").exists()
    with pytest.raises(DataError, match="lacks the column 'dialogue_id'"):
        read_corpus("mmused", tmp_path, {}, trust_pickle=True)
    assert (tmp_path / "harm").exists()  # it was opened
    (tmp_path / "MMUSED" / "dataset.pkl").write_bytes(b"no pickle")
    with pytest.raises(DataError, match="cannot be opened as a pickle"):
        read_corpus("mmused", tmp_path, {}, trust_pickle=True)


@pytest.fixture
def fallacies(tmp_path: Path) -> Path:
    """Three snippets in MAMKit's layout; two share a debate and their surroundings."""
    pandas = pytest.importorskip("pandas")
    rows = [
        {
            "filename": "x",
            "dialogue_id": debate,
            "snippet": " ".join(f"said {i}" for i in snippet),
            "snippet_indexes": snippet,
            "snippet_sentences": [f"said {i}" for i in snippet],
            "dialogue_indexes": around,
            "dialogue_sentences": [f"said {i}" for i in around],
            "fallacy": fallacy,
        }
        for debate, snippet, around, fallacy in (
            ("1_1960", [10, 11], [9, 10, 11, 12], "Slipperyslope"),
            ("1_1960", [12], [11, 12, 13], "AdHominem"),
            ("47_2024", [3], [2, 3], "Slogans"),
        )
    ]
    folder = tmp_path / "MMUSED-fallacy"
    for row in rows:
        for index in row["dialogue_indexes"]:
            sound(folder / "audio_clips" / row["dialogue_id"] / f"{index}.wav", 4000 + 10 * index)
    pandas.DataFrame(rows).to_pickle(folder / "dataset.pkl")
    return tmp_path


def test_a_trusted_pickle_gives_snippets_with_their_clips(fallacies) -> None:
    slope, hominem, slogan = read_corpus(
        "mmused_fallacy", fallacies, {"validation": ["1_1960"]}, task="afc", trust_pickle=True
    )
    assert (slope.labels, slope.text) == (("slippery_slope",), "said 10 said 11")
    assert [part.path.name for part in slope.audio] == ["10.wav", "11.wav"]
    assert sum(len(part.read()) for part in slope.audio) == 2 * 4000 + 10 * 21
    assert (hominem.labels, hominem.split) == (("ad_hominem",), "validation")
    assert (slogan.labels, slogan.split, slogan.source) == (("slogans",), "test", "47_2024")


def test_a_trusted_pickle_gives_every_sentence_once(fallacies) -> None:
    records = read_corpus("mmused_fallacy", fallacies, {}, task="afd", trust_pickle=True)
    assert {r.audio[0].path.stem: r.labels[0] for r in records if r.split == "train"} == {
        "9": "none",
        "10": "fallacy",
        "11": "fallacy",
        "12": "fallacy",
        "13": "none",
    }
    assert [r.labels[0] for r in records if r.split == "test"] == ["none", "fallacy"]
    assert all(r.text == f"said {r.audio[0].path.stem}" for r in records)


def test_an_unlabelled_release_is_refused_by_name(fallacies) -> None:
    pandas = pytest.importorskip("pandas")
    path = fallacies / "MMUSED-fallacy" / "dataset.pkl"
    frame = pandas.read_pickle(path)
    frame.loc[2, "fallacy"] = None
    frame.to_pickle(path)
    with pytest.raises(DataError, match=r"47_2024 .* has the label .*get a labelled release"):
        read_corpus("mmused_fallacy", fallacies, {}, task="afc", trust_pickle=True)


def test_mm_used_is_speech_without_labels_up_to_a_limit(tmp_path) -> None:
    pandas = pytest.importorskip("pandas")
    folder = tmp_path / "MMUSED"
    rows = [
        {
            "dialogue_id": "2_1960",
            "speech": f"sentence {n}",
            "speech_indexes": [2 * n, 2 * n + 1],
            "component": "Claim",
            "split": "TEST",
        }
        for n in range(4)
    ]
    for index in range(6):  # the clips of the fourth are not there
        sound(folder / "audio_clips" / "2_1960" / f"{index}.wav")
    pandas.DataFrame(rows).to_pickle(folder / "dataset.pkl")
    records = read_corpus("mmused", tmp_path, {}, trust_pickle=True, limit=3)
    assert [record.text for record in records] == ["sentence 0", "sentence 1", "sentence 2"]
    assert records[1].audio == tuple(
        Part(folder / "audio_clips" / "2_1960" / f"{i}.wav") for i in (2, 3)
    )
    assert {(r.labels, r.split, r.source) for r in records} == {((), "train", "2_1960")}
    with pytest.raises(DataError, match=r"6\.wav', which is missing"):
        read_corpus("mmused", tmp_path, {}, trust_pickle=True)


def test_a_row_that_names_no_clip_is_for_systems_that_read_text(tmp_path, caplog) -> None:
    sound(tmp_path / CLIPS / "d" / "1.wav")
    heard = ("train", "0", "Yes.", f"{CLIPS}/d/1.wav", "0")
    table(tmp_path, "afd", heard, ("test", "1", "No.", "", "1"))
    read = read_corpus("mmused_fallacy", tmp_path, {}, task="afd", text_alone=True)
    assert [(r.text, r.audio, r.labels) for r in read] == [
        ("Yes.", (), ("none",)),
        ("No.", (), ("fallacy",)),
    ]
    with pytest.raises(DataError, match=r"Line 3 of .* lacks its clip or its text"):
        read_corpus("mmused_fallacy", tmp_path, {}, task="afd")
    kept = read_corpus("mmused_fallacy", tmp_path, {}, task="afd", skip_incomplete=True)
    assert [record.text for record in kept] == ["Yes."]
    assert "left out: 1 rows of MM-USED-fallacy that name no clip" in caplog.text


def test_a_row_of_the_pickle_that_names_no_clip_is_read_as_text(tmp_path) -> None:
    columns = dict.fromkeys(mmused_fallacy.PICKLED, "")
    rows = [
        columns | {"dialogue_id": "1_2000", "snippet": text, "fallacy": "AdHominem"}
        for text in ("You lie.", "He lies.")
    ]
    pandas = pytest.importorskip("pandas")
    (tmp_path / "MMUSED-fallacy").mkdir()
    pandas.DataFrame([row | {"snippet_indexes": []} for row in rows]).to_pickle(
        tmp_path / "MMUSED-fallacy" / "dataset.pkl"
    )
    asked = {"task": "afc", "trust_pickle": True}
    read = read_corpus("mmused_fallacy", tmp_path, {}, text_alone=True, **asked)
    assert [record.text for record in read] == ["You lie.", "He lies."]
    assert len({record.id for record in read}) == 2
    with pytest.raises(DataError, match="lacks its clip or its text"):
        read_corpus("mmused_fallacy", tmp_path, {}, **asked)
