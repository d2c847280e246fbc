"""From generated clips to a bundle that predicts, through the command line."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

import audiotok
from audiotok.audio import SAMPLE_RATE
from audiotok.bundle import Bundle
from audiotok.calibration import Calibration
from audiotok.classifier import Classifier
from audiotok.embedding_map import EMBEDDING_MAP
from tests.conftest import tone
from tests.sounds import spoken
from train.__main__ import main
from train.bundles.assembly import measured_bundle
from train.bundles.task_data import TaskData
from train.encoding.distortions import DISTORTIONS
from train.settings.task import RunConfig
from train.settings.yaml_files import read_config
from train.studies.parts import READERS, parts_of
from train.studies.robustness import equal_tokens

HZ = {"happiness": 320.0, "sadness": 110.0, "neutral": 190.0}
SPLITS = {"train": 6, "validation": 2, "test": 2}


@pytest.fixture
def config(tmp_path: Path, codec_folder: Path) -> Path:
    write_corpora(tmp_path)
    return write_config(tmp_path, codec_folder)


@pytest.fixture(scope="module")
def trained_folder(tmp_path_factory: pytest.TempPathFactory, codec_folder: Path) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    write_corpora(folder)
    assert main(["run", str(write_config(folder, codec_folder))]) == 0
    return folder


@pytest.fixture
def trained(tmp_path: Path, trained_folder: Path, codec_folder: Path) -> Path:
    """The config of a run that has ended, which the test may change."""
    shutil.copytree(trained_folder, tmp_path, dirs_exist_ok=True)
    return write_config(tmp_path, codec_folder)


def write_corpora(folder: Path) -> None:
    """Write clips whose labels are their pitches, and texts."""
    voices, texts = folder / "voices", folder / "texts"
    voices.mkdir()
    texts.mkdir()
    rows = []
    for split, n_speakers in SPLITS.items():
        for speaker in range(n_speakers):
            for label, hz in HZ.items():
                name = f"{split}-{speaker}-{label}.wav"
                clip = tone(0.6 + 0.05 * speaker, hz + 4 * speaker)
                soundfile.write(voices / name, clip, SAMPLE_RATE)
                rows.append(
                    (name, "dogs are sitting by the door", label, f"{split}{speaker}", split)
                )
    rows.append(("unreadable.wav", "kids are talking", "sadness", "train0", "train"))
    (voices / "unreadable.wav").write_bytes(b"not audio")
    _write(voices / "records.csv", rows)
    words = {"happiness": "good news happy", "sadness": "bad sad", "neutral": "talking"}
    _write(
        texts / "records.csv",
        [
            ("", f"{words[label]} {i % 7}", label, "", split)
            for split in SPLITS
            for i in range(12)
            for label in words
        ],
    )


def write_config(folder: Path, codec_folder: Path) -> Path:
    content = {
        "task": "mood",
        "labels": ["happiness", "sadness"],
        "multi_label": True,
        "data_dir": str(folder),
        "work": str(folder / "runs" / "mood"),
        "out": str(folder / "bundle"),
        "corpora": [
            {"reader": "folder", "root": "voices", "words_carry_no_label": True},
            {"reader": "folder", "root": "texts"},
        ],
        "codec": str(codec_folder),
        "backbone": "tiny/bert",
        "selection": {"layers": [1, 2, 3, 4, 5, 6, 7, 8], "C": 1.0, "path": [0.5]},
        "bag_of_tokens": {"C": 0.1, "n_augmented": 2},
        "training_examples": {"n_pairs": 12, "n_texts": 24},
        "pretrain": {"epochs": 1, "batch_size": 8, "bf16": True},
        "finetune": {"seeds": [1, 2], "rank": 2, "epochs": 2, "batch_size": 8},
    }
    path = folder / "mood.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def _write(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("audio", "text", "labels", "speaker", "split"), *rows])


def test_from_clips_to_a_bundle_that_predicts(trained, tmp_path, codec, caplog) -> None:
    caplog.set_level("INFO")
    bundle = Bundle.from_pretrained(tmp_path / "bundle")
    assert bundle.config.labels == ("happiness", "sadness")
    assert bundle.vocabulary.classes == ("happiness", "sadness", "neutral")
    assert "voices" in bundle.card
    assert bundle.profiles is not None
    assert sum(each.n_occurrences for each in bundle.profiles.tokens) > 100
    assert {each.entry_c for each in bundle.profiles.tokens} == {0.5, 1.0}
    assert bundle.embedding_map is not None
    assert len(bundle.embedding_map.tokens) == len(bundle.vocabulary)
    assert (tmp_path / "bundle" / "confusion_voices.png").stat().st_size > 5_000
    assert str(tmp_path) not in "".join(
        p.read_text() for p in (tmp_path / "bundle").rglob("adapter_config.json")
    )
    prediction = Classifier.load(bundle, codec).predict(
        (SAMPLE_RATE, spoken(0.7, 200.0)), "talking"
    )
    assert prediction.text_audio.per_seed.shape == (2, 2)
    assert np.all((prediction.text_audio.per_seed > 0) & (prediction.text_audio.per_seed < 1))

    made = {p: p.stat().st_mtime_ns for p in (tmp_path / "runs").rglob("*.safetensors")}
    assert main(["run", str(trained)]) == 0
    assert "unreadable.wav" in caplog.text.splitlines()[-1]
    # select, pretrain, 2 x 2 adapters, bag, evaluate
    assert caplog.text.count("unchanged, skipped") == 9
    assert made == {p: p.stat().st_mtime_ns for p in made}

    content = yaml.safe_load(trained.read_text())
    content["finetune"]["seeds"] = [1, 2, 3]
    trained.write_text(yaml.safe_dump(content))
    caplog.clear()
    assert main(["finetune", str(trained)]) == 0
    assert caplog.text.count("unchanged, skipped") == 6  # only the new seed is trained
    report = json.loads((tmp_path / "runs/mood/select/report.json").read_text())
    assert report["n_tokens"] == len(bundle.vocabulary)

    content["finetune"]["listen_epochs"] = 1
    trained.write_text(yaml.safe_dump(content))
    caplog.clear()
    assert main(["finetune", str(trained)]) == 0
    assert caplog.text.count("text_only, seed") == caplog.text.count("unchanged, skipped") - 2 == 3


def test_the_bag_that_ships_hears_everyone_and_the_measured_one_stays(trained, tmp_path) -> None:
    content = yaml.safe_load(trained.read_text())
    content["bag_of_tokens"]["refit_on_all_splits"] = True
    trained.write_text(yaml.safe_dump(content))
    assert main(["evaluate", str(trained)]) == 0
    before = Bundle.from_pretrained(tmp_path / "bundle")
    assert main(["run", str(trained)]) == 0
    shipped = Bundle.from_pretrained(tmp_path / "bundle")
    measured = measured_bundle(read_config(trained, RunConfig))
    assert before.config == shipped.config == measured.config
    np.testing.assert_array_equal(before.bag_of_tokens.weights, measured.bag_of_tokens.weights)
    assert np.abs(before.bag_of_tokens.weights - shipped.bag_of_tokens.weights).max() > 1e-3
    assert "nobody is left" not in before.card
    assert "nobody is left to score that on" in " ".join(shipped.card.split())
    shutil.rmtree(tmp_path / "runs" / "mood" / "evaluate")
    assert main(["run", str(trained)]) == 0
    again = Bundle.from_pretrained(tmp_path / "bundle")
    np.testing.assert_array_equal(again.bag_of_tokens.weights, shipped.bag_of_tokens.weights)


def test_a_probe_is_trained_scored_and_shipped(trained, tmp_path, capsys) -> None:
    content = yaml.safe_load(trained.read_text())
    content["encoder_probe"] = {"C": 0.01, "refit_on_all_splits": True}
    trained.write_text(yaml.safe_dump(content))
    assert main(["run", str(trained)]) == 0
    shipped = Bundle.from_pretrained(tmp_path / "bundle")
    measured = measured_bundle(read_config(trained, RunConfig))
    assert shipped.config.calibration["text_audio"].encoder_probe
    assert not shipped.config.calibration["text_only"].encoder_probe
    assert np.abs(measured.encoder_probe.weights - shipped.encoder_probe.weights).max() > 1e-4
    assert "Whisper tiny.en" in shipped.card
    np.testing.assert_array_equal(shipped.bag_of_tokens.weights, measured.bag_of_tokens.weights)
    capsys.readouterr()
    for command in ("score", "parts", "robustness"):
        assert main([command, str(trained)]) == 0
    assert "| the probe of Whisper's encoder | " in capsys.readouterr().out
    content["encoder_probe"]["refit_on_all_splits"] = False
    trained.write_text(yaml.safe_dump(content))
    assert main(["run", str(trained)]) == 0
    assert not list((tmp_path / "bundle").glob("measured_*"))


def test_the_scores_are_printed_from_the_bundle_that_was_measured(trained, capsys) -> None:
    assert main(["score", str(trained)]) == 0
    table = capsys.readouterr().out
    assert "| mood | voices | top-1 macro-F1, 2 labels | 4 | 0.50 |" in table
    assert "| mood | texts | macro-F1, 3 classes | 36 |" in table


def test_what_distortions_cost_is_a_table_of_every_distortion(trained, capsys) -> None:
    config = read_config(trained, RunConfig)
    records = [record for _, record in TaskData.read(config).records]
    silent = next(record for record in records if record.split == "test" and record.audio)
    soundfile.write(silent.audio[0].path, np.zeros(SAMPLE_RATE), SAMPLE_RATE)  # is left out
    assert main(["robustness", str(trained)]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[0] == "| what happens to the sound | voices |"
    assert [line.split(" | ")[0].strip("| ") for line in lines[3:]] == list(DISTORTIONS)
    plain = float(lines[2].split("|")[2])
    for line in lines[3:]:
        score, cost = line.split("|")[2].split()
        assert float(cost.strip("()")) == pytest.approx(float(score) - plain, abs=0.011)


def test_a_louder_clip_has_the_same_tokens_and_one_in_noise_has_others(trained) -> None:
    config = read_config(trained, RunConfig)
    quieter = equal_tokens(config, "gain -12 dB")
    assert quieter > 0.98  # clips are scaled to one level
    assert 0 < equal_tokens(config, "noise 5 dB") < quieter


def test_each_part_of_the_listener_is_scored(trained, capsys) -> None:
    assert main(["parts", str(trained)]) == 0
    head, _, *rows = capsys.readouterr().out.strip().splitlines()
    assert "validation: voices | test: voices" in head
    assert [row.split(" | ")[0].strip("| ") for row in rows] == [*list(READERS)[:2], "all"]
    model, bag, _ = (float(row.split(" | ")[2].strip("| ")) for row in rows)
    assert bag == 1.0  # the labels are pitches, which tokens tell
    assert model < bag


def test_of_three_readers_each_is_left_out_too() -> None:
    parts = parts_of(Calibration(bag_of_tokens=1.0, encoder_probe=2.0))
    model, bag, probe = READERS
    assert list(parts) == [model, bag, probe, *(f"all but {name}" for name in READERS), "all"]
    assert parts[bag] == {"scale": 0.0, "words": 0.0, "encoder_probe": 0.0}
    assert parts[f"all but {probe}"] == {"encoder_probe": 0.0}
    assert list(parts_of(Calibration())) == [model, "all"]


def test_what_layers_tell_is_a_table(trained, capsys) -> None:
    assert main(["probe", str(trained)]) == 0
    head, _, *rows = capsys.readouterr().out.strip().splitlines()
    assert head.startswith("| layers | voices |")
    assert float(rows[-1].split(" | ")[-1].strip("| ")) == 1.0  # the labels are pitches


def test_what_vocabularies_of_other_sizes_tell_are_tables_and_a_picture(
    trained, capsys, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("train.studies.language_model_sizes.SHARES", (0.25, 1.0))
    picture = tmp_path / "sizes.png"
    assert main(["sizes", str(trained), "--picture", str(picture), "--into-bundle"]) == 0
    of_model, of_bag = capsys.readouterr().out.strip().split("\n\n")
    head, _, few, every = of_model.splitlines()
    assert head.startswith("| tokens in the language model | validation: voices |")
    n_few, n_every = (int(row.split(" | ")[0].strip("| ")) for row in (few, every))
    assert n_few == round(n_every / 4)
    assert of_bag.startswith("| C of the lasso |")
    assert float(of_bag.splitlines()[-1].split(" | ")[-1].strip("| ")) == 1.0
    assert picture.read_bytes().startswith(b"\x89PNG")
    told = Bundle.from_pretrained(tmp_path / "bundle").sizes
    assert [each.n_tokens for each in told.language_model] == [n_few, n_every]
    assert told.bag_of_tokens[-1].macro_f1 == {"voices": 1.0}
    assert main(["evaluate", str(trained)]) == 0  # nothing has changed, so the scores stay
    assert Bundle.from_pretrained(tmp_path / "bundle").sizes == told


def test_an_older_bundle_is_given_a_map_of_its_embeddings(trained, capsys, tmp_path) -> None:
    path = tmp_path / "bundle" / EMBEDDING_MAP
    before = path.read_text()
    path.unlink()
    assert main(["embedding-map", str(trained)]) == 0
    assert path.read_text() == before
    assert "of the variance" in capsys.readouterr().out


def test_a_corpus_is_scored_by_a_model_that_never_heard_it(config, capsys, tmp_path) -> None:
    content = yaml.safe_load(config.read_text())
    shutil.copytree(tmp_path / "voices", tmp_path / "more")
    content["corpora"].append({"reader": "folder", "root": "more"})
    content["finetune"]["seeds"] = [1]
    config.write_text(yaml.safe_dump(content))
    assert main(["unseen", str(config)]) == 0
    table = capsys.readouterr().out
    assert "| mood | voices, never heard before | top-1 macro-F1, 2 labels | 20 |" in table
    assert "more, never heard before" not in table  # its words are not neutral
    report = json.loads((tmp_path / "runs/mood-without-voices/select/report.json").read_text())
    assert report["n_clips"] <= 19  # of the copy alone


def test_a_label_may_be_in_texts_alone(config, caplog, tmp_path) -> None:
    content = yaml.safe_load(config.read_text())
    content["labels"].append("anger")
    content["finetune"]["seeds"] = [1]
    config.write_text(yaml.safe_dump(content))
    with (tmp_path / "texts" / "records.csv").open("a", newline="") as file:
        rows = [("", f"angry {i}", "anger", "", split) for split in SPLITS for i in range(6)]
        csv.writer(file).writerows(rows)
    assert main(["run", str(config)]) == 0
    assert "only texts have the label anger" in caplog.text
    data = TaskData.read(read_config(config, RunConfig))
    assert {name: known.tolist() for name, known in data.known_labels.items()} == {
        "texts": [True, True, True],
        "voices": [True, True, False],
    }
    clips = data.clip_variants("train")
    np.testing.assert_array_equal(data.label_weights(clips)[:, 2], 0)
    assert data.label_weights([]).shape == (0, 3)  # a task of texts alone
    bundle = Bundle.from_pretrained(tmp_path / "bundle")
    assert bundle.vocabulary.classes == ("happiness", "sadness", "neutral")
    assert not bundle.bag_of_tokens.weights[2].any()
    assert bundle.bag_of_tokens.bias[2] < -2


def test_rows_are_pretrained_on_speech_without_labels(trained, caplog, tmp_path) -> None:
    """Only the rows depend on it, and what follows from them."""
    caplog.set_level("INFO")
    debates = tmp_path / "debates"
    debates.mkdir()
    names = [f"{n}.wav" for n in range(20)]
    for n, name in enumerate(names):
        soundfile.write(debates / name, tone(0.6, 100.0 + 12 * n), SAMPLE_RATE)
    _write(debates / "records.csv", [(name, "kids are talking", "", "", "train") for name in names])
    content = yaml.safe_load(trained.read_text())
    content["pretrain_corpora"] = [{"reader": "folder", "root": "debates"}]
    trained.write_text(yaml.safe_dump(content))
    for skipped in (1, 2):  # the selection, and then the rows as well
        caplog.clear()
        assert main(["pretrain", str(trained)]) == 0
        assert caplog.text.count("unchanged, skipped") == skipped
        report = json.loads((tmp_path / "runs/mood/pretrain/report.json").read_text())
        assert report["n_sequences"] == len(names)
    assert "test examples of texts, 36 with words that train has too" in caplog.text


def test_the_papers_selection_is_a_word_on_the_command_line(config, capsys) -> None:
    assert main(["select", str(config), "--recipe", "paper"]) == 2
    assert "keeps no audio token at C=0.03" in capsys.readouterr().err  # there are 18 clips


def test_a_wrong_config_is_one_sentence(config, capsys, tmp_path) -> None:
    config.write_text(config.read_text() + "\nwrong_key: 1\n")
    assert main(["run", str(config)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["run", str(tmp_path / "nowhere.yaml")]) == 2
    assert "There is no config" in capsys.readouterr().err


def test_the_public_names_are_there() -> None:
    for name in audiotok.__all__:
        assert callable(getattr(audiotok, name))
