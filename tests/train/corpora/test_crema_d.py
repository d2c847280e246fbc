"""CREMA-D and EmoSpeech, as they are published and in folders of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiotok.errors import DataError
from tests.train.corpora.test_reading import write
from train.corpora.audio_parts import Part
from train.corpora.reading import read_corpus

VOTES = "file\tspeaker\ttext\temotion\t" + "\t".join(
    f"votes_{e}" for e in ("anger", "disgust", "fear", "happiness", "neutral", "sadness")
)


def crema_d(root: Path, *rows: str) -> Path:
    write(root / "metadata.tsv", "\n".join([VOTES, *rows]) + "\n")
    for row in rows:
        write(root / row.split("\t")[0])
    return root


def test_crema_d_is_labelled_by_what_most_listeners_heard_or_by_what_was_meant(tmp_path) -> None:
    root = crema_d(
        tmp_path,
        "1001/a.opus\t1001\tDon't.\tanger\t6\t2\t0\t0\t0\t0",
        "1001/b.opus\t1001\tDon't.\tsadness\t0\t0\t0\t0\t7\t1",
        "1071/c.opus\t1071\tDon't.\tfear\t0\t4\t4\t0\t0\t0",
    )
    splits = {"train": ["1001"], "test": ["1071"]}
    heard = read_corpus("crema_d", root, splits)
    assert [(r.id, r.labels, r.split) for r in heard] == [
        ("a", ("anger",), "train"),
        ("b", ("neutral",), "train"),
    ]
    assert dict(heard[0].shares) == {
        "anger": 0.75,
        "disgust": 0.25,
        **dict.fromkeys(("fear", "happiness", "neutral", "sadness"), 0.0),
    }
    meant = read_corpus("crema_d", root, splits, task="meant")
    assert [r.labels for r in meant] == [("anger",), ("sadness",), ("fear",)]
    assert {r.corpus for r in meant} == {"crema_d_meant"}
    assert {r.shares for r in meant} == {()}


def test_crema_d_is_read_as_it_is_published(tmp_path) -> None:
    write(
        tmp_path / "processedResults" / "tabulatedVotes.csv",
        '"","A","D","F","H","N","S","fileName","numResponses"\n'
        '"100001",0,0,0,9,1,0,"1001_IEO_HAP_LO",10\n'
        '"200001",9,0,0,0,1,0,"1001_IEO_HAP_LO",10\n',
    )
    write(tmp_path / "AudioWAV" / "1001_IEO_HAP_LO.wav")
    (clip,) = read_corpus("crema_d", tmp_path, {"test": ["1001"]})
    assert (clip.labels, clip.text) == (("happiness",), "It's eleven o'clock.")
    assert clip.audio == (Part(tmp_path / "AudioWAV" / "1001_IEO_HAP_LO.wav"),)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1001/a.opus\t1001\tHm\tjoy\t1\t0\t0\t0\t0\t0", "joy"),
        ("1001/a.opus\t1001\tHm\tanger\tmany\t0\t0\t0\t0\t0", "whole number"),
        ("1001/a.opus\t1001\tHm\tanger\t0\t0\t0\t0\t0\t0", "votes"),
        ("1001/a.opus\t1001\tHm\tanger\t-1\t2\t0\t0\t0\t0", "votes"),
    ],
)
def test_wrong_votes_are_one_sentence(tmp_path, row, said) -> None:
    with pytest.raises(DataError, match=said):
        read_corpus("crema_d", crema_d(tmp_path, row), {"test": ["1001"]})


def test_calm_keywords_of_emospeech_are_neutral(tmp_path) -> None:
    write(
        tmp_path / "metadata.tsv",
        "file\tspeaker\ttext\temotion\tplace\nu1/a.opus\tu1\tGo!\tneutral\twebservice\n",
    )
    write(tmp_path / "u1" / "a.opus")
    (clip,) = read_corpus("emospeech", tmp_path, {"validation": ["u1"]})
    assert (clip.labels, clip.text, clip.split) == (("neutral",), "Go!", "validation")
    with pytest.raises(DataError, match=r"metadata\.tsv"):
        read_corpus("emospeech", tmp_path / "u1", {})
