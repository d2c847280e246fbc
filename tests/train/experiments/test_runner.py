"""A system on a task, from its config to a table, as the command line does it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml

from audiotok.audio import SAMPLE_RATE
from tests.conftest import tone
from tests.train.execution.launching import launch
from train.__main__ import main
from train.experiments.published import ABLATION, PUBLISHED
from train.experiments.runner import Answers
from train.experiments.tables import FinishedRun, ablation_rows

N = {"train": 16, "validation": 8, "test": 8}


@pytest.fixture
def write_system(tmp_path: Path):
    """A corpus whose words tell the labels and whose voices do not; writes configs of systems."""
    rows = [("audio", "text", "labels", "speaker", "split")]
    for split, n in N.items():
        for number in range(n):
            name = f"{split}_{number}.wav"
            soundfile.write(tmp_path / name, tone(0.4, 150.0 + number), SAMPLE_RATE)
            label = ("none", "fallacy")[number % 2]
            rows.append((name, f"{('good', 'bad')[number % 2]} news", label, split, split))
    with (tmp_path / "records.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)

    task = {
        "task": "AFD",
        "labels": ["none", "fallacy"],
        "multi_label": False,
        "metric": "positive_f1",
        "data_dir": str(tmp_path),
        "work": str(tmp_path / "runs"),
        "corpora": [{"reader": "folder", "root": "."}],
        "seeds": [1, 2],
    }
    (tmp_path / "task.yaml").write_text(yaml.safe_dump(task))

    def write(run: str, **system: object) -> Path:
        path = tmp_path / f"{run}.yaml"
        path.write_text(yaml.safe_dump(system))
        return path

    return write


def test_a_run_is_reported_and_stands_beside_published_scores(
    write_system, tmp_path, capsys, caplog
) -> None:
    caplog.set_level("INFO")
    task = str(tmp_path / "task.yaml")
    # A run stands beside the published score of the system whose file has its name.
    words, voices = write_system("words", name="bow"), write_system("wavlm-lstm", name="mfcc")
    assert main(["experiment", task, str(words), str(voices)]) == 0
    run = tmp_path / "runs" / "words"
    report = json.loads((run / "report.json").read_text())
    assert report["bagged"] == report["mean"] == 1.0
    assert report["n_items"] == N
    assert report["per_label"]["fallacy"] == {"precision": 1, "recall": 1, "f1": 1, "n": 4}
    assert report["config"]["system"] == {"name": "bow"}
    assert "torch" in report["versions"]
    assert (run / "confusion.png").stat().st_size > 5_000
    assert Answers.read(run).probabilities.shape == (2, 8, 2)

    capsys.readouterr()
    assert main(["table", str(tmp_path / "runs"), "--form", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    ours = {row["system"]: row for row in rows if row["bagged"]}
    assert ours["bow"]["bagged"] == "1.0"
    assert ours["bow"]["published"] == ""
    assert (ours["mfcc"]["modality"], ours["mfcc"]["published"]) == ("audio", "0.0")
    # What was not run has a published score and nothing else.
    others = [row for row in rows if not row["bagged"]]
    assert len(others) == sum(p.task == "AFD" for p in PUBLISHED) - 1
    assert any(row["published"] == "0.307" for row in others)

    assert main(["table", str(tmp_path / "runs"), "--form", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(rows)
    assert main(["table", str(tmp_path / "runs")]) == 0
    assert capsys.readouterr().out.startswith("| task | system | modality |")

    caplog.clear()
    assert main(["experiment", task, str(words)]) == 0
    assert caplog.text.count("unchanged, skipped") == 2


def test_two_runs_are_compared_on_the_same_items(write_system, tmp_path, capsys) -> None:
    task = str(tmp_path / "task.yaml")
    systems = [write_system("words", name="bow"), write_system("voices", name="mfcc")]
    assert main(["experiment", task, *map(str, systems)]) == 0
    runs = [str(tmp_path / "runs" / name) for name in ("voices", "words")]
    capsys.readouterr()
    assert main(["compare", *runs, "--form", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["second"] == 1
    assert found["difference"] == pytest.approx(1 - found["first"])
    assert found["low"] <= found["difference"] <= found["high"]
    assert 0 <= found["p"] <= 1
    assert main(["compare", runs[0], runs[0], "--form", "json"]) == 0
    (same,) = json.loads(capsys.readouterr().out)
    assert (same["difference"], same["low"], same["high"], same["p"]) == (0, 0, 0, 1)


def test_the_grid_of_the_method_is_told_by_its_settings(
    write_system, tmp_path, capsys, codec_folder
) -> None:
    task = str(tmp_path / "task.yaml")
    tiny = {"backbone": "tiny/bert", "epochs": 1, "rank": 2}
    method = {**tiny, "name": "speech_tokens", "codec": str(codec_folder)}
    layers = list(range(1, 9))
    grid = {
        "lasso": {"selection": {"C": 10.0, "layers": layers}, "pretrain": None},
        "drawn": {"selection": {"C": 10.0, "layers": layers, "random": True}, "pretrain": None},
    }
    systems = [write_system(name, **method, **of_run) for name, of_run in grid.items()]
    systems.append(write_system("alone", name="text", **tiny))
    assert main(["experiment", task, *map(str, systems)]) == 0
    capsys.readouterr()
    assert main(["ablation", str(tmp_path / "runs"), "--form", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    found = {(row["pre-training"], row["layers"], row["selection"]): row["run"] for row in rows}
    assert found == {
        ("off", 8, "lasso"): "lasso",
        ("off", 8, "random"): "drawn",
        ("–", 0, "none"): "alone",
    }
    n_tokens = {row["run"]: row["tokens"] for row in rows}
    assert n_tokens["lasso"] == n_tokens["drawn"] > n_tokens["alone"] == 0


def test_the_published_grid_stands_beside_runs_on_afc() -> None:
    scores = {"mean": 0.4, "deviation": 0.1, "bagged": 0.5}
    report = {"task": "AFC", "config": {"system": {"name": "text"}}, **scores}
    ours, *others = sorted(
        ablation_rows([FinishedRun(Path("llama"), report)]), key=lambda row: not row["run"]
    )
    assert (ours["mean"], ours["published"]) == (0.4, ABLATION["–", 0, "none"])
    assert len(others) == len(ABLATION) - 1
    assert {(row["mean"], row["bagged"]) for row in others} == {("", "")}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "telepathy"}, "There is no system 'telepathy'"),
        ({"name": "bow", "patience": 3}, "System 'bow' is wrong at 'patience'"),
        ({"name": "text", "backbone": "nobody/nothing"}, "nobody/nothing"),
    ],
)
def test_a_wrong_system_is_one_sentence(write_system, tmp_path, capsys, change, told) -> None:
    assert (
        main(["experiment", str(tmp_path / "task.yaml"), str(write_system("run", **change))]) == 2
    )
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


def test_a_split_without_items_is_told(write_system, tmp_path, capsys) -> None:
    system = write_system("run", name="bow")
    table = tmp_path / "records.csv"
    kept = [line for line in table.read_text().splitlines() if not line.endswith(",test")]
    table.write_text("\n".join(kept))
    assert main(["experiment", str(tmp_path / "task.yaml"), str(system)]) == 2
    assert "The test split of task 'AFD' has no items" in capsys.readouterr().err


def test_a_folder_without_runs_is_told(tmp_path, capsys) -> None:
    assert main(["table", str(tmp_path)]) == 2
    assert "no finished run" in capsys.readouterr().err


def test_bags_are_means_over_seeds() -> None:
    answers = Answers(np.array([[[0.0, 1.0]], [[0.5, 0.5]]]), np.array([[0, 1]]))
    assert answers.bagged.tolist() == [[0.25, 0.75]]


def test_a_gpu_that_is_too_small_is_one_sentence_and_finished_seeds_stay(
    write_system, tmp_path, capsys, monkeypatch
) -> None:
    from train.method.finetuning import BalancedTrainer

    task = str(tmp_path / "task.yaml")
    system = str(write_system("run", name="text", backbone="tiny/bert", epochs=1))
    whole = BalancedTrainer.train

    def second_is_too_large(self, **options):
        if "seed_2" in self.args.output_dir:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return whole(self, **options)

    monkeypatch.setattr(BalancedTrainer, "train", second_is_too_large)
    assert main(["experiment", task, system]) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if "GPU" in line]
    assert "batch_size" in told[-1]
    monkeypatch.setattr(BalancedTrainer, "train", whole)
    first = tmp_path / "runs" / "run" / "seed_1" / "answers.safetensors"
    made = first.stat().st_mtime_ns
    assert main(["experiment", task, system]) == 0
    assert first.stat().st_mtime_ns == made


def test_two_processes_train_together_and_one_of_them_writes(
    write_system, tmp_path, codec_folder, backbones
) -> None:
    method = write_system(
        "method",
        name="speech_tokens",
        backbone="tiny/bert",
        codec=str(codec_folder),
        selection={"C": 10.0},
        pretrain={"epochs": 1, "batch_size": 4},
        rank=2,
        epochs=1,
        batch_size=4,
    )
    done = launch("train", "experiment", tmp_path / "task.yaml", method)
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs" / "method"
    assert json.loads((run / "report.json").read_text())["seeds"] == [1, 2]
    assert Answers.read(run).probabilities.shape == (2, N["test"], 2)
    assert done.stderr.count("speech_tokens, seed 1: running") == 1
    assert done.stderr.count("pretrain: running") == 1
    assert not list(run.rglob("checkpoints"))
