"""Data sets in the form of Hugging Face's library, written by that library."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from audiotok.audio import SAMPLE_RATE, read_audio
from audiotok.errors import DataError
from tests.conftest import tone
from train.corpora.reading import read_corpora, read_corpus
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import encode_clips
from train.settings.corpora import CorporaConfig, CorpusConfig
from train.settings.yaml_files import read_config

datasets = pytest.importorskip("datasets", reason="needs train/requirements.txt")
NAMES = ["calm", "glad", "sad"]
FEATURES = datasets.Features(
    {
        "audio": datasets.Audio(),
        "text": datasets.Value("string"),
        "label": datasets.ClassLabel(names=NAMES),
        "speaker": datasets.Value("string"),
    }
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def wav(hz: float, seconds: float = 0.6) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, tone(seconds, hz), SAMPLE_RATE, format="WAV")
    return file.getvalue()


def write(path: Path, columns: dict[str, list[Any]], features: Any = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = datasets.Dataset.from_dict(columns)
    (table.cast(features) if features else table).to_parquet(path)
    return path


def voices(*hz: int, labels: list[int] | None = None, speaker: str = "ann") -> dict[str, Any]:
    return {
        "audio": [{"bytes": wav(each), "path": f"{each}.wav"} for each in hz],
        "text": [f"said at {each}" for each in hz],
        "label": labels or [number % 3 for number in range(len(hz))],
        "speaker": [speaker] * len(hz),
    }


@pytest.fixture
def three_splits(tmp_path) -> Path:
    for number, split in enumerate(("train", "dev", "test")):
        columns = voices(200 + number, 300 + number, speaker=split)
        write(tmp_path / "mood" / "data" / f"{split}-00000-of-00001.parquet", columns, FEATURES)
    return tmp_path / "mood"


@pytest.mark.parametrize("streaming", [False, True])
def test_from_parquet_to_codes(three_splits, tmp_path, cache, codec, streaming) -> None:
    content = {"reader": "datasets", "path": "mood", "streaming": streaming}
    config_file = tmp_path / "config.yaml"
    config_file.write_text(yaml.safe_dump({"data_dir": str(tmp_path), "corpora": [content]}))
    config = read_config(config_file, CorporaConfig)
    records = [record for _, record in read_corpora(config.corpora, config.data_dir)]
    assert [(r.id, r.split, r.labels, r.text, r.speaker, r.corpus) for r in records[:3]] == [
        ("train/0", "train", ("calm",), "said at 200", "train", "mood"),
        ("train/1", "train", ("glad",), "said at 300", "train", "mood"),
        ("dev/0", "validation", ("calm",), "said at 201", "dev", "mood"),
    ]
    assert [r.split for r in records] == ["train"] * 2 + ["validation"] * 2 + ["test"] * 2

    clips = encode_clips([ClipVariant(r) for r in records], codec, tmp_path / "codes")
    assert clips.failed == []
    expected = codec.encode(read_audio(wav(200)).samples)
    np.testing.assert_array_equal(clips.codes[ClipVariant(records[0])], expected)

    files = {path: path.stat().st_mtime_ns for path in (cache / "audiotok-clips").rglob("*")}
    again = [record for _, record in read_corpora(config.corpora, config.data_dir)]
    assert again == records
    assert files == {p: p.stat().st_mtime_ns for p in (cache / "audiotok-clips").rglob("*")}


def test_bytes_that_are_no_sound_are_left_out_by_name(tmp_path, codec) -> None:
    columns = voices(200, 300)
    columns["audio"][0]["bytes"] = b"not audio"
    write(tmp_path / "mood" / "train.parquet", columns, FEATURES)
    records = read_corpus("datasets", tmp_path / "mood", {})
    clips = encode_clips([ClipVariant(r) for r in records], codec, tmp_path / "codes")
    assert [name for name, _ in clips.failed] == ["mood/train/0"]
    assert list(clips.codes) == [ClipVariant(records[1])]


def test_columns_have_the_names_that_the_config_says(tmp_path) -> None:
    columns = {
        "file": [wav(200)],
        "said": ["one"],
        "moods": [[2, 1]],
        "who": [7],
        "part": ["Valid"],
        "audio": ["no sound at all"],
    }
    labels = datasets.List(datasets.ClassLabel(names=NAMES))
    types = {
        "file": datasets.Value("binary"),
        "who": datasets.Value("int32"),
        "moods": labels,
    } | dict.fromkeys(("said", "part", "audio"), datasets.Value("string"))
    write(tmp_path / "train.parquet", columns, datasets.Features(types))
    corpus = CorpusConfig(
        reader="datasets",
        path="train.parquet",
        columns={
            "audio": "file",
            "text": "said",
            "label": "moods",
            "speaker": "who",
            "split": "part",
        },
    )
    ((_, record),) = read_corpora([corpus], tmp_path)
    assert (record.text, record.labels, record.speaker) == ("one", ("sad", "glad"), "7")
    assert (record.split, record.corpus) == ("validation", "train")
    assert record.audio[0].path.read_bytes() == wav(200)


def test_sound_is_found_by_its_type_and_labels_may_be_words_or_missing(tmp_path) -> None:
    columns = {
        "recording": [{"bytes": wav(hz), "path": None} for hz in (200, 300, 400)],
        "labels": [["glad", "sad"], None, ["calm"]],
        "transcription": ["one", None, "three"],
    }
    write(tmp_path / "mood" / "train.parquet", columns)
    records = read_corpus("datasets", tmp_path / "mood", {})
    assert [r.labels for r in records] == [("glad", "sad"), (), ("calm",)]
    assert [r.text for r in records] == ["one", "", "three"]
    assert all(r.audio[0].path.is_file() for r in records)


def test_a_class_label_of_minus_one_is_none(tmp_path) -> None:
    write(tmp_path / "mood" / "train.parquet", voices(200, 300, labels=[-1, 2]), FEATURES)
    records = read_corpus("datasets", tmp_path / "mood", {})
    assert [record.labels for record in records] == [(), ("sad",)]


def test_one_split_alone_is_split_by_speaker(tmp_path) -> None:
    for speaker, hz in (("ann", 200), ("ben", 300)):
        columns = voices(hz, speaker=speaker)
        write(tmp_path / "mood" / f"train-{speaker}.parquet", columns, FEATURES)
    records = read_corpus("datasets", tmp_path / "mood", {"test": ["ben"]})
    assert [record.split for record in records] == ["train", "test"]


def test_splits_with_other_names_are_read_as_the_config_says(tmp_path) -> None:
    files = {
        "clean": str(write(tmp_path / "mood" / "a.parquet", voices(200), FEATURES)),
        "noisy": str(write(tmp_path / "mood" / "b.parquet", voices(300), FEATURES)),
    }
    with pytest.raises(DataError, match="has the splits clean, noisy; say with 'split_map'"):
        read_corpus("datasets", tmp_path / "mood", {}, data_files=files)
    chosen = {"data_files": files, "split_map": {"noisy": "test"}}
    (record,) = read_corpus("datasets", tmp_path / "mood", {}, **chosen)
    assert (record.id, record.split, record.text) == ("noisy/0", "test", "said at 300")
    with pytest.raises(DataError, match="has no split 'quiet'; it has clean, noisy"):
        read_corpus(
            "datasets", tmp_path / "mood", {}, data_files=files, split_map={"quiet": "test"}
        )


def test_of_a_large_data_set_some_rows_of_each_split_and_words_alone(three_splits, cache) -> None:
    records = read_corpus("datasets", three_splits, {}, limit=1, streaming=True, text_alone=True)
    assert [(r.id, r.audio) for r in records] == [("train/0", ()), ("dev/0", ()), ("test/0", ())]
    assert not (cache / "audiotok-clips").exists()


def test_a_configuration_is_a_corpus_of_its_own(tmp_path) -> None:
    root = tmp_path / "mood"
    for language, hz in (("en", 200), ("pl", 300)):
        write(root / language / "train.parquet", voices(hz), FEATURES)
    names = [{"config_name": name, "data_dir": name} for name in ("en", "pl")]
    (root / "README.md").write_text(f"---\n{yaml.safe_dump({'configs': names})}---\n")
    (record,) = read_corpus("datasets", root, {}, name="pl")
    assert (record.corpus, record.text) == ("mood-pl", "said at 300")
    with pytest.raises(DataError, match=r"'de' not found.*\['en', 'pl'\]"):
        read_corpus("datasets", root, {}, name="de")


def test_code_that_comes_with_a_data_set_is_never_run(tmp_path) -> None:
    root = tmp_path / "mood"
    write(root / "train.parquet", voices(200), FEATURES)
    (root / "mood.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(DataError, match="code of its own, which is never run; convert it"):
        read_corpus("datasets", root, {})
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"columns": {"label": "mood"}}, "has no column 'mood' .*it has audio, text, label, spea"),
        ({"data_files": "gone.parquet"}, "cannot be read as a data set .*check 'path'"),
        ({"columns": {"speaker": "text", "split": "text"}}, "Row 0 .* unknown split 'said at 200'"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path, choices, said) -> None:
    write(tmp_path / "mood" / "train.parquet", voices(200), FEATURES)
    with pytest.raises(DataError, match=said) as raised:
        read_corpus("datasets", tmp_path / "mood", {}, **choices)
    assert "\n" not in str(raised.value)


def test_a_table_without_sound_and_words_says_what_there_is(tmp_path) -> None:
    write(tmp_path / "mood" / "train.parquet", {"a": ["x"], "b": ["y"]})
    with pytest.raises(DataError, match="no column of audio or text; it has a, b"):
        read_corpus("datasets", tmp_path / "mood", {})
    two = {name: [{"bytes": wav(200), "path": None}] for name in ("near", "far")}
    write(tmp_path / "mood" / "train.parquet", two)
    with pytest.raises(DataError, match="has the audio columns near, far; say with"):
        read_corpus("datasets", tmp_path / "mood", {})


def test_paths_in_a_table_lie_in_the_data_set(tmp_path) -> None:
    root = tmp_path / "mood"
    write(root / "train.parquet", {"audio": ["clips/a.wav"], "text": ["one"]})
    (root / "clips").mkdir()
    (root / "clips" / "a.wav").write_bytes(wav(200))
    (record,) = read_corpus("datasets", root, {})
    assert record.audio[0].path == root / "clips" / "a.wav"
    for outside in ("/etc/hostname", "../other.wav"):
        write(root / "train.parquet", {"audio": [outside], "text": ["one"]})
        with pytest.raises(DataError, match="a clip must lie in the data set"):
            read_corpus("datasets", root, {})


def test_what_is_neither_here_nor_on_the_hub_is_one_sentence(tmp_path) -> None:
    corpus = CorpusConfig(reader="datasets", path="nobody/nothing")
    with pytest.raises(DataError, match="'nobody/nothing' cannot be read as a data set") as raised:
        read_corpora([corpus], tmp_path)
    assert "\n" not in str(raised.value)
    with pytest.raises(DataError, match="The reader 'folder' knows no 'path'"):
        read_corpora([CorpusConfig(reader="folder", path="nobody/nothing")], tmp_path)
