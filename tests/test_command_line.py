"""The command-line forms that others rely on, run as a user runs them."""

from __future__ import annotations

import csv
import json
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiotok.__main__ import main
from audiotok.audio import SAMPLE_RATE
from tests.conftest import LABELS, tone
from tests.fake_classifier import RELATIVE, TEXT_AUDIO, FakeClassifier
from tests.sounds import spoken


@pytest.fixture
def folder(bundle, tmp_path: Path) -> str:
    bundle.save_pretrained(tmp_path / "bundle")
    return str(tmp_path / "bundle")


@pytest.fixture
def listener(monkeypatch) -> None:
    """The fake classifier in the place of a bundle, since the random codec takes no reference."""
    monkeypatch.setattr("audiotok.classifier.load", lambda *_, **__: FakeClassifier())


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain.wav"
    soundfile.write(path, spoken(0.7), SAMPLE_RATE)
    return path


@pytest.fixture
def table_of(tmp_path: Path, clip, plain) -> Callable[[list[dict[str, str]]], Path]:
    """Write rows as a table beside ``clip.wav`` and ``plain.wav``."""

    def write(rows: list[dict[str, str]]) -> Path:
        table = tmp_path / "table.csv"
        with table.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return table

    return write


def test_predict_as_json(folder, clip, capsys) -> None:
    assert main(["predict", str(clip), "--text", "good news", "--bundle", folder, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == (
        [
            "task",
            "labels",
            "text_only",
            "text_audio",
            "duration_s",
            "n_frames",
            "n_tokens",
            "n_selected",
            "n_used",
            "n_counted",
            "n_references",
        ]
    )
    assert found["task"] == "emotion"
    assert found["labels"] == list(LABELS) == list(found["text_only"]) == list(found["text_audio"])
    assert found["duration_s"] == pytest.approx(1.2)
    assert found["n_frames"] == 60
    assert found["n_tokens"] == 60 * 8
    assert 0 < found["n_used"] <= found["n_selected"] <= found["n_tokens"]
    assert found["n_references"] == 0


def test_predict_for_a_reader(folder, clip, capsys) -> None:
    assert main(["predict", str(clip), "--bundle", folder]) == 0
    out = capsys.readouterr().out
    assert "voice alone" in out.splitlines()[0]
    assert all(label in out for label in LABELS)
    assert "words + voice" not in out  # there are no words to judge by
    assert main(["predict", str(clip), "--bundle", folder, "--text", "kids talk"]) == 0
    assert "words + voice" in capsys.readouterr().out


def test_references_reach_the_classifier_and_are_counted(listener, clip, plain, capsys) -> None:
    twice = ["--reference", str(plain), "--reference", str(clip)]
    assert main(["predict", str(clip), *twice, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_references"] == 2
    assert found["text_audio"]["sadness"] == pytest.approx(RELATIVE["emotion"][1])
    assert main(["predict", str(clip), "--reference", str(plain)]) == 0
    out = capsys.readouterr().out
    assert "The verdict is relative to your neutral clip." in out
    assert "References of 0.7 s were heard." in out
    assert main(["predict", str(clip)]) == 0
    assert "relative" not in capsys.readouterr().out


def test_a_bad_reference_is_one_sentence(listener, clip, capsys) -> None:
    assert main(["predict", str(clip), "--reference", "nowhere.wav"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("The reference clip: ")
    assert printed.err.count("\n") == 1


def test_a_table_takes_references_from_its_column_only(listener, table_of, plain, capsys) -> None:
    table = table_of([{"file": "clip.wav", "text": ""}])
    arguments = ["predict", "--table", str(table), "--out", str(table.with_name("out.csv"))]
    assert main([*arguments, "--reference", str(plain)]) == 2
    assert "columns text and reference" in capsys.readouterr().err
    assert not table.with_name("out.csv").exists()


def test_a_table_names_references_relative_to_itself(listener, table_of) -> None:
    rows = [
        {"file": "clip.wav", "text": "x", "reference": "plain.wav"},
        {"file": "clip.wav", "text": "x", "reference": " plain.wav | clip.wav "},
        {"file": "clip.wav", "text": "x", "reference": ""},
        {"file": "clip.wav", "text": "x", "reference": "plain.wav|nowhere.wav"},
    ]
    table = table_of(rows)
    out = table.with_name("out.csv")
    assert main(["predict", "--table", str(table), "--out", str(out)]) == 0
    with out.open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [{key: row[key] for key in rows[0]} for row in found] == rows
    relative, absolute = (f"{scores['emotion'][1]:.6f}" for scores in (RELATIVE, TEXT_AUDIO))
    assert [row["text_audio_sadness"] for row in found] == [relative, relative, absolute, ""]
    assert [bool(row["error"]) for row in found] == [False, False, False, True]
    assert found[3]["error"].startswith("The reference clip: ")


def test_tokens_as_json(folder, clip, capsys) -> None:
    assert main(["tokens", str(clip), "--bundle", folder, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["frame_s", "n_layers", "codes", "selected"]
    codes = np.array(found["codes"])
    assert codes.shape == (8, 60)
    for token in found["selected"]:
        assert list(token) == ["frame", "layer", "code", "start_s", "token", "weights"]
        assert codes[token["layer"] - 1, token["frame"]] == token["code"]
        assert token["start_s"] == pytest.approx(token["frame"] * 0.02)
        assert set(token["weights"]) == {*LABELS, "neutral"}


def test_table_keeps_rows_and_order_and_says_what_is_wrong(folder, tmp_path, capsys) -> None:
    (tmp_path / "clips").mkdir()
    soundfile.write(tmp_path / "clips" / "a.wav", spoken(0.5), SAMPLE_RATE)
    soundfile.write(tmp_path / "clips" / "short.wav", tone(0.05), SAMPLE_RATE)
    (tmp_path / "clips" / "text.wav").write_text("not audio")
    rows = [
        {"id": "7", "file": "clips/a.wav", "text": "good, news"},
        {"id": "8", "file": "clips/missing.wav", "text": "x"},
        {"id": "9", "file": "clips/short.wav", "text": "x"},
        {"id": "10", "file": "clips/text.wav", "text": "x"},
        {"id": "11", "file": "", "text": "x"},
        {"id": "12", "file": "clips/a.wav", "text": ""},
    ]
    table, out = tmp_path / "clips.csv", tmp_path / "predictions.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "file", "text"])
        writer.writeheader()
        writer.writerows(rows)
    arguments = ["predict", "--table", str(table), "--out", str(out), "--bundle", folder]
    assert main(arguments) == 0
    with out.open(newline="") as file:
        found = list(csv.DictReader(file))
    names = [f"{twin}_{label}" for twin in ("text_only", "text_audio") for label in LABELS]
    assert list(found[0]) == [
        "id",
        "file",
        "text",
        *names,
        "text_only_verdict",
        "text_audio_verdict",
        "error",
    ]
    assert [{key: row[key] for key in rows[0]} for row in found] == rows
    assert [bool(row["error"]) for row in found] == [False, True, True, True, True, False]
    assert all(0 < float(found[0][name]) < 1 for name in names)
    assert all(found[1][name] == "" for name in names)


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "nowhere.wav"],
        ["predict"],
        ["predict", "a.wav", "--table", "b.csv"],
        ["predict", "--table", "nowhere.csv", "--out", "x.csv"],
        ["predict", "CLIP", "--task", "sentiment"],
        ["predict", "CLIP", "--unknown"],
        ["tokens"],
        ["nonsense"],
        [],
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(arguments, folder, clip, capsys) -> None:
    arguments = [str(clip) if a == "CLIP" else a for a in arguments]
    if arguments[:1] in (["predict"], ["tokens"]):
        arguments += ["--bundle", folder]
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "Traceback" not in printed.err


def test_a_bundle_that_is_none_is_one_sentence(clip, tmp_path, capsys) -> None:
    assert main(["predict", str(clip), "--bundle", str(tmp_path), "--json"]) == 2
    assert "is not a bundle" in capsys.readouterr().err


def test_out_is_refused_before_the_model_loads(table_of, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("audiotok.classifier.load", lambda *_, **__: pytest.fail("loaded"))
    table = table_of([{"file": "clip.wav", "text": "x"}])
    before = table.read_bytes()
    for out in (tmp_path / "nosuch" / "o.csv", tmp_path, table):
        assert main(["predict", "--table", str(table), "--out", str(out)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert table.read_bytes() == before


def test_a_model_that_does_not_load_leaves_the_output_as_it_was(table_of, tmp_path) -> None:
    table = table_of([{"file": "clip.wav", "text": "x"}])
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("last night's")
    for out in (old, new):
        arguments = ["predict", "--table", str(table), "--out", str(out), "--overwrite"]
        assert main([*arguments, "--bundle", str(tmp_path)]) == 2
    assert old.read_text() == "last night's"
    assert not new.exists()


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def interrupted(monkeypatch) -> list[str]:
    """A classifier that is interrupted by a real signal at the text "stop"; gives what it heard."""
    heard: list[str] = []

    class Interrupted(FakeClassifier):
        def predict(self, audio, text="", *rest, **named):
            heard.append(text)
            if text == "stop" and heard.count("stop") == 1:
                signal.raise_signal(signal.SIGINT)
            return super().predict(audio, text, *rest, **named)

    monkeypatch.setattr("audiotok.classifier.load", lambda *_, **__: Interrupted())
    return heard


def test_ctrl_c_leaves_what_was_finished_and_the_same_command_goes_on(
    table_of, tmp_path, interrupted, capsys
) -> None:
    table = table_of([{"file": "clip.wav", "text": text} for text in ("x", "stop", "y")])
    out = tmp_path / "out.csv"
    command = ["predict", "--table", str(table), "--out", str(out)]
    assert main(command) == 130
    assert "Stopped after 2 of 3 rows" in capsys.readouterr().err
    done = lines_of(out)
    assert [(row["text"], row["error"]) for row in done] == [("x", ""), ("stop", "")]
    assert done[0]["text_audio_verdict"] == "happiness"
    assert done[0]["text_only_verdict"] == "neutral"
    out.write_bytes(out.read_bytes() + b"clip.wav,y,0.1")  # a line that was cut short
    assert main(command) == 0
    assert interrupted == ["x", "stop", "y"]
    assert lines_of(out)[:2] == done
    assert [row["text"] for row in lines_of(out)] == ["x", "stop", "y"]
    assert [path.name for path in tmp_path.glob("out.csv*")] == ["out.csv"]


def test_what_another_command_wrote_is_kept_unless_it_is_said_otherwise(
    table_of, tmp_path, interrupted, capsys
) -> None:
    table = table_of([{"file": "clip.wav", "text": text} for text in ("stop", "y")])
    out = tmp_path / "out.csv"
    command = ["predict", "--table", str(table), "--out", str(out)]
    out.write_text("last night's")
    assert main(command) == 2
    assert "say --overwrite" in capsys.readouterr().err
    assert out.read_text() == "last night's"
    assert main([*command, "--overwrite"]) == 130
    begun = out.read_bytes()
    table.write_text(table.read_text().replace("y", "z"))
    assert main(command) == 2
    assert "begun with another table" in capsys.readouterr().err
    assert out.read_bytes() == begun
    assert main([*command, "--overwrite"]) == 0
    assert [row["text"] for row in lines_of(out)] == ["stop", "z"]
