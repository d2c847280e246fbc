from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiotok.audio import SAMPLE_RATE
from audiotok.errors import DataError
from tests.conftest import tone
from train.data import READERS, read_corpus
from train.data.parts import Part


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
    write(tmp_path / "nemo" / "a" / "b.flac")
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
    for name in ("a.wav", "b.wav"):
        write(tmp_path / name)
    spoken, written = read_corpus("folder", tmp_path, {})
    assert spoken.audio == (Part(tmp_path / "a.wav"), Part(tmp_path / "b.wav"))
    assert spoken.text == "one, two"
    assert spoken.labels == ("glad", "sad")
    assert (written.audio, written.labels, written.split) == ((), (), "test")


def test_the_first_channel_can_be_all_that_is_heard(tmp_path) -> None:
    left, right = tone(0.5, 200.0), tone(0.5, 300.0)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), SAMPLE_RATE)
    write(tmp_path / "records.csv", "audio,text,labels,speaker,split\na.wav,one,glad,,test\n")
    (both,) = read_corpus("folder", tmp_path, {})[0].audio
    (first,) = read_corpus("folder", tmp_path, {}, first_channel=True)[0].audio
    np.testing.assert_allclose(both.read(), (left + right) / 2, atol=1e-4)
    np.testing.assert_allclose(first.read(), left, atol=1e-4)
    assert both.facts != first.facts


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("audio,text,labels\n,x,y\n", "lacks the column 'speaker'"),
        ("audio,text,labels,speaker,split\n,x,y,ann,exam\n", "unknown split 'exam'"),
        ("audio,text,labels,speaker,split\n", "has no rows"),
        (
            "audio,text,labels,speaker,split\n,x,y,ann,train\n,x,y,ann,test\n",
            "'ann' of .* stands in both 'train' and 'test'",
        ),
        ("audio,text,labels,speaker,split\n,,y,ann,train\n", "-2' of .* neither a clip nor words"),
        ("audio,text,labels,speaker,split\nx.wav,,y,,train\n", r"-2' .*x\.wav', which is missing"),
        (
            "audio,text,labels,speaker,split\na.wav,x,y,,train\na.wav,z,y,,train\n",
            r"a\.wav' is the clip of both '.*-2' and '.*-3'",
        ),
    ],
)
def test_a_wrong_table_is_one_sentence(tmp_path, table, said) -> None:
    write(tmp_path / "a.wav")
    write(tmp_path / "records.csv", table)
    with pytest.raises(DataError, match=said):
        read_corpus("folder", tmp_path, {})


def test_what_is_missing_is_named(tmp_path) -> None:
    tasks = {"mosei": {"task": "emo"}, "mmused_fallacy": {"task": "afc"}}
    for reader in READERS:
        with pytest.raises(DataError, match=tmp_path.name):
            read_corpus(reader, tmp_path, {}, **tasks.get(reader, {}))
        with pytest.raises(DataError, match=f"There is no folder '.*nowhere' for {reader}"):
            read_corpus(reader, tmp_path / "nowhere", {})
    with pytest.raises(DataError, match="no reader 'mosi'"):
        read_corpus("mosi", tmp_path, {})


def test_speakers_may_stand_in_two_splits_where_the_config_says_so(tmp_path) -> None:
    write(tmp_path / "records.csv", "audio,text,labels,speaker,split\n,x,y,a,train\n,z,y,a,test\n")
    records = read_corpus("folder", tmp_path, {}, allow_shared_speakers=True)
    assert [record.split for record in records] == ["train", "test"]


def test_a_table_in_another_encoding_is_one_sentence(tmp_path) -> None:
    header = b"audio,text,labels,speaker,split\n"
    (tmp_path / "records.csv").write_bytes(header + ",déjà,y,a,train\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"records\.csv' is not a CSV table in UTF-8; save it"):
        read_corpus("folder", tmp_path, {})
    (tmp_path / "metadata.tsv").write_bytes(b"file\temotion\ttext\tspeaker\na\tb\t\xe9\tc\n")
    with pytest.raises(DataError, match=r"metadata\.tsv' is not a CSV table in UTF-8"):
        read_corpus("nemo", tmp_path, {})


def test_a_label_that_has_no_name_is_one_sentence(tmp_path) -> None:
    write(tmp_path / "labels.txt", "anger\njoy\n")
    for name in ("train", "dev", "test"):
        write(tmp_path / f"{name}.tsv", "good\t2\tx1\n")
    with pytest.raises(DataError, match=r"Line 1 of '.*train\.tsv' has the labels '2'.* 0 to 1"):
        read_corpus("goemotions", tmp_path, {})
