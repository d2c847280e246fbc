from __future__ import annotations

from pathlib import Path

import pytest

from audiotok.errors import DataError
from train.data import read_corpus


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_ravdess_file_names_say_it_all(tmp_path) -> None:
    write(tmp_path / "Actor_05" / "03-01-04-02-02-01-05.flac")
    write(tmp_path / "Actor_20" / "03-01-01-01-01-01-20.wav")
    sad, neutral = read_corpus("ravdess", tmp_path, {"test": ["Actor_20"]})
    assert (sad.labels, sad.text, sad.speaker, sad.split) == (
        ("sadness",),
        "Dogs are sitting by the door",
        "Actor_05",
        "train",
    )
    assert (neutral.labels, neutral.split) == (("neutral",), "test")


def test_nemo_and_goemotions_spell_labels_as_everywhere(tmp_path) -> None:
    write(
        tmp_path / "nemo" / "metadata.tsv",
        'file\temotion\ttext\tspeaker\tgender\na/b.flac\tsurprised\t"Tak\ta\tfemale\n',
    )
    (clip,) = read_corpus("nemo", tmp_path / "nemo", {"validation": ["a"]})
    assert (clip.labels, clip.text, clip.split) == (("surprise",), '"Tak', "validation")
    go = tmp_path / "go"
    write(go / "labels.txt", "anger\njoy\n")
    for name in ("train", "dev", "test"):
        write(go / f"{name}.tsv", 'So "good\t0,1\tx1\n')
    comments = read_corpus("goemotions", go, {})
    assert [c.split for c in comments] == ["train", "validation", "test"]
    assert comments[0].labels == ("anger", "happiness")
    assert comments[0].audio == ()


def test_a_folder_with_a_table_is_a_corpus(tmp_path) -> None:
    write(
        tmp_path / "records.csv",
        "audio,text,labels,speaker,split\n"
        'a.wav|b.wav,"one, two",glad|sad,ann,train\n'
        ",words alone,,,test\n",
    )
    spoken, written = read_corpus("folder", tmp_path, {})
    assert spoken.audio == (tmp_path / "a.wav", tmp_path / "b.wav")
    assert spoken.text == "one, two"
    assert spoken.labels == ("glad", "sad")
    assert (written.audio, written.labels, written.split) == ((), (), "test")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("audio,text,labels\n,x,y\n", "lacks the columns speaker"),
        ("audio,text,labels,speaker,split\n,x,y,ann,exam\n", "unknown split 'exam'"),
        ("audio,text,labels,speaker,split\n", "has no rows"),
        (
            "audio,text,labels,speaker,split\n,x,y,ann,train\n,x,y,ann,test\n",
            "'ann' of .* stands in both 'train' and 'test'",
        ),
    ],
)
def test_a_wrong_table_is_one_sentence(tmp_path, table, said) -> None:
    write(tmp_path / "records.csv", table)
    with pytest.raises(DataError, match=said):
        read_corpus("folder", tmp_path, {})


def test_what_is_missing_is_named(tmp_path) -> None:
    for reader in ("ravdess", "nemo", "goemotions", "librispeech", "folder"):
        with pytest.raises(DataError, match=tmp_path.name):
            read_corpus(reader, tmp_path, {})
    with pytest.raises(DataError, match="no reader 'mosei'"):
        read_corpus("mosei", tmp_path, {})
