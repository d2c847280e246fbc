from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiotok.audio import SAMPLE_RATE
from audiotok.errors import DataError
from tests.conftest import tone
from train.codec.settings import CodecConfig
from train.corpora.audio_parts import Part
from train.corpora.clip_list import list_clips
from train.corpora.reading import READERS, read_corpora, read_corpus
from train.settings.yaml_files import read_config, read_content

ROOT = Path(__file__).resolve().parents[3]
CASES = ROOT.parent / "shared" / "cases"
VOICES = {"ravdess", "nemo", "librispeech"}


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_ravdess_file_names_say_it_all(tmp_path) -> None:
    write(tmp_path / "Actor_05" / "03-01-04-02-02-01-05.flac")
    write(tmp_path / "Actor_20" / "03-01-01-01-01-01-20.wav")
    sad, neutral = read_corpus("ravdess", tmp_path, {"train": ["Actor_05"], "test": ["Actor_20"]})
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
    np.testing.assert_allclose(both.read(), (left + right) / 2, atol=5e-3)
    np.testing.assert_allclose(first.read(), left, atol=5e-3)
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


SONG, VIDEO, VIDEO_SONG = "03-02-03", "01-01-03", "02-02-03"


def test_what_is_no_speech_clip_of_ravdess_is_left_out_by_name(tmp_path, caplog) -> None:
    names = {
        "speech": [
            "03-01-03-01-01-01-01.wav",
            "03-01-03-01-01-02-01.WAV",
            "03-01-01-01-01-01-01.FLAC",
        ],
        "songs": [f"{SONG}-01-01-01-01.wav"],
        "sound of videos": [f"{VIDEO}-01-01-01-01.wav", f"{VIDEO_SONG}-01-01-01-01.wav"],
        "copies": [
            "03-01-03-01-01-01-01 (1).wav",
            "03-01-03-01-01-01-01(2).wav",
            "03-01-03-01-01-01-01 - Copy.wav",
            "Copy of 03-01-03-01-01-01-01.wav",
        ],
    }
    for of_kind in names.values():
        for name in of_kind:
            write(tmp_path / "Actor_01" / name)
    write(tmp_path / "Actor_01" / "._03-01-03-01-01-01-01.wav")
    found = read_corpus("ravdess", tmp_path, {})
    assert sorted(r.audio[0].path.name for r in found) == sorted(names.pop("speech"))
    for kind, left_out in names.items():
        (told,) = [line for line in caplog.messages if f"{len(left_out)} {kind}: " in line]
        assert all(f"Actor_01/{name}" in told for name in left_out)


def test_a_file_that_has_no_name_of_ravdess_is_refused(tmp_path) -> None:
    for name in ("happy.wav", "03-01-09-01-01-01-01.wav", "03-01-03-01-03-01-01.wav"):
        write(tmp_path / name / "Actor_01" / name)
        with pytest.raises(DataError, match=f"'{name}' is not a RAVDESS file name"):
            read_corpus("ravdess", tmp_path / name, {})


def test_songs_alone_are_no_corpus_of_speech(tmp_path) -> None:
    write(tmp_path / "Actor_01" / f"{SONG}-01-01-01-01.wav")
    with pytest.raises(DataError, match=r"None of the clips under .* is speech of RAVDESS"):
        read_corpus("ravdess", tmp_path, {})


def test_the_case_of_what_is_not_speech(caplog) -> None:
    root = CASES / "ravdess-not-speech" / "ravdess"
    if not root.is_dir():
        pytest.skip("needs ravdess-not-speech in ../shared/cases")
    found = read_corpus("ravdess", root, {})
    assert [r.audio[0].path.suffix for r in found] == [".wav", ".WAV"]
    assert "1 songs: Actor_01/03-02-03-01-01-01-01.wav" in caplog.text
    assert "1 sound of videos: Actor_01/01-01-03-01-01-01-01.wav" in caplog.text


def test_nemo_is_read_as_it_is_published(tmp_path) -> None:
    write(tmp_path / "samples" / "WR0_surprised_64.wav")
    write(
        tmp_path / "data.tsv",
        "file_id\temotion\traw_text\tnormalized_text\tspeaker_id\tgender\tage\n"
        'WR0_surprised_64.wav\tsurprised\t"Ucho wykrywa.\tucho wykrywa\t        WR0\tmale\t23\n',
    )
    (clip,) = read_corpus("nemo", tmp_path, {"test": ["WR0"]})
    assert (clip.id, clip.speaker, clip.split) == ("WR0_surprised_64", "WR0", "test")
    assert (clip.text, clip.labels) == ('"Ucho wykrywa.', ("surprise",))
    assert clip.audio == (Part(tmp_path / "samples" / "WR0_surprised_64.wav"),)


def actors(root: Path, *numbers: int) -> Path:
    for number in numbers:
        write(root / f"Actor_{number:02}" / f"03-01-03-01-01-01-{number:02}.wav")
    return root


def test_a_speaker_whom_no_split_lists_is_refused_unless_the_config_says_what_to_do(
    tmp_path, caplog
) -> None:
    root = actors(tmp_path, 1, 2, 21, 22)
    splits = {"train": ["Actor_01"], "test": ["Actor_02"]}
    with pytest.raises(DataError, match="No split of ravdess lists Actor_21, Actor_22; add them"):
        read_corpus("ravdess", root, splits)
    trained = read_corpus("ravdess", root, splits, other_speakers="train")
    assert [r.split for r in trained] == ["train", "test", "train", "train"]
    kept = read_corpus("ravdess", root, splits, other_speakers="leave_out")
    assert [r.speaker for r in kept] == ["Actor_01", "Actor_02"]
    assert "left out: 2 records of Actor_21, Actor_22" in caplog.text


def test_who_is_listed_nowhere_since_nothing_is_listed_or_everyone_trains_or_tests(
    tmp_path,
) -> None:
    root = actors(tmp_path, 1, 2)
    assert {r.split for r in read_corpus("ravdess", root, {})} == {"train"}
    assert {r.split for r in read_corpus("ravdess", root, {"test": ["*"]})} == {"test"}


def test_rows_without_a_speaker_and_rows_with_a_split_need_no_list(tmp_path) -> None:
    write(
        tmp_path / "records.csv",
        "audio,text,labels,speaker,split\n,x,y,,\n,y,y,ann,test\n,z,y,ben,\n",
    )
    records = read_corpus("folder", tmp_path, {"validation": ["ben"]})
    assert [r.split for r in records] == ["train", "test", "validation"]
    mistyped = {"validation": ["bem"]}
    assert read_corpus("folder", tmp_path, mistyped)[-1].split == "train"
    with pytest.raises(DataError, match="lists ben; add them"):
        read_corpus("folder", tmp_path, mistyped, other_speakers="refuse")


def test_a_list_says_which_clips_are_read(tmp_path) -> None:
    root = actors(tmp_path / "ravdess", 1, 2, 21)
    records = read_corpus("ravdess", root, {})
    listed = tmp_path / "clips.txt"
    write(listed, list_clips(r for r in records if r.speaker != "Actor_21") + "\nnemo/a\n")
    assert listed.read_text() == (
        "ravdess/03-01-03-01-01-01-01\nravdess/03-01-03-01-01-01-02\nnemo/a\n"
    )
    splits = {"train": ["Actor_01"], "test": ["Actor_02"]}
    kept = read_corpus("ravdess", root, splits, clips=listed)
    assert [r.speaker for r in kept] == ["Actor_01", "Actor_02"]
    write(listed, "ravdess/gone\n" + listed.read_text())
    with pytest.raises(DataError, match=r"1 clips that .* are not there, 'ravdess/gone' first"):
        read_corpus("ravdess", root, splits, clips=listed)
    assert kept == read_corpus("ravdess", root, splits, clips=listed, skip_incomplete=True)
    write(listed, "nemo/a")
    with pytest.raises(DataError, match="lists no clip of ravdess"):
        read_corpus("ravdess", root, splits, clips=listed)
    with pytest.raises(DataError, match="no list of clips"):
        read_corpus("ravdess", root, splits, clips=tmp_path / "none.txt")


def test_every_shipped_result_is_of_the_clips_that_are_listed() -> None:
    listed = (ROOT / "train" / "corpora" / "clips.txt").read_text(encoding="utf-8").split()
    assert len(listed) == len(set(listed)) == 1200 + 828 + 210
    assert listed == sorted(listed)
    configs = [*(ROOT / "train" / "configs").rglob("*.yaml")]
    with_voices = [c for c in map(read_content, configs) if "corpora" in c]
    voices = [c for content in with_voices for c in content["corpora"] if c["reader"] in VOICES]
    assert {corpus.get("clips") for corpus in voices} == {"train/corpora/clips.txt"}
    corpora = ROOT.parent / "shared" / "data"
    if not corpora.is_dir():
        pytest.skip("needs the corpora in ../shared/data to compare the list with")
    codec = read_config(ROOT / "train" / "configs" / "codec.yaml", CodecConfig, data_dir=corpora)
    read = read_corpora(codec.corpora, corpora)
    assert list_clips(record for _, record in read).split() == listed


def test_upper_case_suffixes_count_for_librispeech_too(tmp_path) -> None:
    write(tmp_path / "103" / "1240" / "103-1240-0000.FLAC")
    write(tmp_path / "103" / "1240" / "._103-1240-0000.flac")
    assert [r.id for r in read_corpus("librispeech", tmp_path, {})] == ["103-1240-0000"]
