from __future__ import annotations

import json
from pathlib import Path

import pytest

from audiotok.errors import DataError
from train.corpora.reading import read_corpus


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_in_every_split(tmp_path) -> None:
    for split, name in (("train", "a.wav"), ("validation", "b.wav"), ("test", "in/c.wav")):
        write(tmp_path / split / name)
        write(
            tmp_path / split / "metadata.csv",
            f"file_name,transcription,label,speaker_id\n{name},said {name},glad|calm,{split}\n",
        )
    records = read_corpus("audiofolder", tmp_path, {})
    assert [(r.split, r.text, r.labels, r.speaker) for r in records] == [
        ("train", "said a.wav", ("glad", "calm"), "train"),
        ("validation", "said b.wav", ("glad", "calm"), "validation"),
        ("test", "said in/c.wav", ("glad", "calm"), "test"),
    ]
    assert records[2].audio[0].path == tmp_path / "test" / "in" / "c.wav"


def test_one_table_above_all_splits_as_json_lines(tmp_path) -> None:
    rows = [
        {"file_name": "train/a.wav", "text": "one", "labels": ["glad", "calm"]},
        {"file_name": "dev/b.wav", "text": "two", "label": 0},
    ]
    for row in rows:
        write(tmp_path / str(row["file_name"]))
    write(tmp_path / "metadata.jsonl", "\n".join(map(json.dumps, rows)) + "\n\n")
    first, second = read_corpus("audiofolder", tmp_path, {})
    assert (first.split, first.labels, first.text) == ("train", ("glad", "calm"), "one")
    assert (second.split, second.labels, second.id) == ("validation", ("0",), "dev/b.wav")


def test_without_a_table_the_folder_is_the_label(tmp_path) -> None:
    write(tmp_path / "train" / "glad" / "a.wav")
    write(tmp_path / "train" / "sad" / "a.flac")
    write(tmp_path / "train" / "sad" / "notes.txt")
    write(tmp_path / "test" / "sad" / "b.MP3")
    records = read_corpus("audiofolder", tmp_path, {})
    assert [(r.id, r.split, r.labels, r.text) for r in records] == [
        ("train/glad/a.wav", "train", ("glad",), ""),
        ("train/sad/a.flac", "train", ("sad",), ""),
        ("test/sad/b.MP3", "test", ("sad",), ""),
    ]


def test_without_split_folders_the_config_splits_by_speaker(tmp_path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.wav")
    write(tmp_path / "metadata.csv", "file_name,label,speaker\na.wav,x,ann\nb.wav,x,ben\n")
    records = read_corpus("audiofolder", tmp_path, {"test": ["ben"]})
    assert [record.split for record in records] == ["train", "test"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("metadata.csv", b"file,text\na.wav,x\n", "lacks the column 'file_name'"),
        ("metadata.csv", b"file_name\ngone.wav\n", r"gone\.wav', which is missing"),
        (
            "metadata.csv",
            b"file_name\n/a.wav\n",
            r"Line 2 of .* names '/a\.wav'; a clip must lie in",
        ),
        ("metadata.csv", b"file_name\n../b.wav\n", r"names '\.\./b\.wav'; a clip must lie in"),
        ("metadata.csv", b"file_name\nC:\\b.wav\n", r"a clip must lie in the corpus"),
        ("metadata.csv", b"file_name\n~/b.wav\n", r"a clip must lie in the corpus"),
        ("metadata.csv", b"file_name,split\na.wav,exam\n", "Line 2 of .* unknown split 'exam'"),
        ("metadata.jsonl", b'{"file_name": null}\n', "Line 1 of .* names no clip"),
        ("metadata.csv", b"file_name,text\na.wav,d\xe9j\xe0\n", r"metadata\.csv' is not a CSV"),
        ("metadata.jsonl", b'{"file_name": "a.wav"}\n[]\n', "Line 2 of .*not a JSON object"),
        ("metadata.jsonl", b'{"text": "x"}\n', "Line 1 of .*not a JSON object with 'file_name'"),
        ("metadata.jsonl", b"\xff\xfe", r"metadata\.jsonl' is not text in UTF-8"),
        ("other.txt", b"", "No clip lies under"),
    ],
)
def test_a_wrong_folder_is_one_sentence(tmp_path, name, content, said) -> None:
    write(tmp_path / "a.wav")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said) as raised:
        read_corpus("audiofolder", tmp_path, {})
    assert "\n" not in str(raised.value)


def test_split_folders_in_any_case_and_no_hidden_files(tmp_path) -> None:
    for name in ("Train/glad/a.WAV", "TEST/sad/b.caf", "Train/glad/._a.wav", "Train/.old/c.wav"):
        write(tmp_path / name)
    records = read_corpus("audiofolder", tmp_path, {})
    assert [(r.id, r.split, r.labels) for r in records] == [
        ("Train/glad/a.WAV", "train", ("glad",)),
        ("TEST/sad/b.caf", "test", ("sad",)),
    ]


def test_json_lines_end_at_line_feeds_alone(tmp_path) -> None:
    write(tmp_path / "a.wav")
    row = '{"file_name": "a.wav", "text": "one\u2028two\x85three"}'
    write(tmp_path / "metadata.jsonl", f"\ufeff{row}\r\n")
    (record,) = read_corpus("audiofolder", tmp_path, {})
    assert record.text == "one\u2028two\x85three"


def test_a_column_names_the_split_in_any_case(tmp_path) -> None:
    for name in ("a.wav", "b.wav", "c.wav"):
        write(tmp_path / name)
    rows = "a.wav,Train\nb.wav, dev \nc.wav,TEST\n"
    write(tmp_path / "metadata.csv", f"file_name,split\n{rows}")
    records = read_corpus("audiofolder", tmp_path, {})
    assert [record.split for record in records] == ["train", "validation", "test"]


def test_a_column_may_not_contradict_its_folder(tmp_path) -> None:
    write(tmp_path / "train" / "a.wav")
    write(tmp_path / "metadata.csv", "file_name,split\ntrain/a.wav,test\n")
    with pytest.raises(DataError, match=r"says 'test', but 'train/a\.wav' lies in the folder of"):
        read_corpus("audiofolder", tmp_path, {})


def test_keys_of_json_lines_are_compared_as_columns_are(tmp_path) -> None:
    write(tmp_path / "a.wav")
    write(tmp_path / "metadata.jsonl", '{"File_Name": "a.wav", " Text ": "one"}\n')
    (record,) = read_corpus("audiofolder", tmp_path, {})
    assert record.text == "one"


def test_clips_that_nothing_names_are_counted(tmp_path, caplog) -> None:
    for name in ("a.wav", "b.wav", "deep/c.ogg"):
        write(tmp_path / name)
    write(tmp_path / "metadata.csv", "file_name\na.wav\n")
    assert len(read_corpus("audiofolder", tmp_path, {})) == 1
    assert "left out: 2 clips" in caplog.text
