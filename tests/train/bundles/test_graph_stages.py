"""Which stages a command runs, and which run again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from audiotok.bundle import Bundle
from tests.train.bundles.test_graph import config  # noqa: F401  # a fixture
from train.__main__ import main
from train.bundles.graph import Graph
from train.bundles.task_data import TaskData
from train.execution.source_code import code_digest
from train.settings.task import RunConfig
from train.settings.yaml_files import read_config


def change(path: Path, **sections: object) -> None:
    """Lay settings over those of a config, section by section."""
    content = yaml.safe_load(path.read_text())
    for name, value in sections.items():
        own = content.get(name)
        content[name] = own | value if isinstance(own, dict) and isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(content))


@pytest.fixture
def small(config: Path) -> Path:  # noqa: F811
    """One seed, whose listening adapter starts from the one that reads."""
    change(config, finetune={"seeds": [1], "epochs": 1, "listen_epochs": 1, "read_first": True})
    return config


def ran(caplog: pytest.LogCaptureFixture, *command: str) -> list[str]:
    """Run a command and name the stages that were not skipped."""
    caplog.set_level("INFO")
    caplog.clear()
    assert main(list(command)) == 0
    lines = (line.split(": running in ") for line in caplog.text.splitlines())
    return [
        line[0].split()[-1] if "seed" not in line[0] else line[0][-22:].strip()
        for line in lines
        if len(line) == 2
    ]


def test_the_bag_needs_codes_alone(small, caplog, tmp_path) -> None:
    assert ran(caplog, "bag", str(small)) == ["bag"]
    assert sorted(path.name for path in (tmp_path / "runs" / "mood").iterdir()) == ["bag"]


def test_the_probe_needs_what_whisper_hears_alone(small, caplog, tmp_path) -> None:
    assert main(["encoder-probe", str(small)]) == 2
    change(small, encoder_probe={"C": 0.01})
    assert ran(caplog, "encoder-probe", str(small)) == ["encoder-probe"]
    work = tmp_path / "runs" / "mood"
    assert sorted(path.name for path in work.iterdir()) == ["encoder-probe"]
    change(small, encoder_probe={"C": 0.1})
    assert ran(caplog, "encoder-probe", str(small)) == ["encoder-probe"]


def test_what_a_stage_starts_from_decides_whether_it_runs_again(small, caplog, tmp_path) -> None:
    assert len(ran(caplog, "run", str(small))) == 7
    work = tmp_path / "runs" / "mood"
    assert ran(caplog, "run", str(small)) == []

    # Only the twin that reads learns otherwise, but the one that listens starts from it.
    change(small, finetune={"epochs": 2})
    again = ran(caplog, "run", str(small))
    assert [name.split(",")[0].split()[-1] for name in again] == [
        "text_only",
        "text_audio",
        "evaluate",
    ]

    (work / "pretrain" / "rows.safetensors").unlink()
    assert ran(caplog, "pretrain", str(small)) == ["pretrain"]
    shutil.rmtree(tmp_path / "bundle")
    assert ran(caplog, "run", str(small)) == []
    assert Bundle.from_pretrained(tmp_path / "bundle").config.seeds == (1,)

    # A longer sequence is another one; the selection does not know of it.
    change(small, max_length=40)
    assert len(ran(caplog, "finetune", str(small))) == 3
    minutes = json.loads((work / "select" / "done.json").read_text())["minutes"]
    assert minutes >= 0


def test_keys_take_codes_records_and_backbone(small, tmp_path) -> None:
    def inputs() -> dict[str, str]:
        graph = Graph(TaskData.read(read_config(small, RunConfig)))
        return {stage.name: json.dumps(stage.inputs(), default=str) for stage in graph.stages()}

    def changed(before: dict[str, str]) -> set[str]:
        return {name.split(",")[0] for name, value in inputs().items() if value != before[name]}

    first = inputs()
    assert changed(first) == set()
    trained = {"select", "profile", "pretrain", "finetune text_only", "finetune text_audio", "bag"}
    change(small, bag_of_tokens={"n_augmented": 1})
    assert changed(first) == {"bag", "evaluate"}
    first = inputs()
    change(small, training_examples={"n_pairs": 6})
    assert changed(first) == {
        "pretrain",
        "finetune text_only",
        "finetune text_audio",
        "evaluate",
    }
    first = inputs()
    table = tmp_path / "texts" / "records.csv"
    table.write_text(table.read_text().replace("bad sad 3,sadness,,test", "so sad 3,sadness,,test"))
    assert changed(first) == {"evaluate"}  # what is tested teaches nothing
    first = inputs()
    clip = tmp_path / "voices" / "train-0-sadness.wav"
    clip.write_bytes((tmp_path / "voices" / "train-5-neutral.wav").read_bytes()[:-640])
    assert changed(first) == trained | {"evaluate"}


def test_every_stage_names_code_that_there_is(small) -> None:
    for stage in Graph(TaskData.read(read_config(small, RunConfig))).stages():
        assert len(code_digest(*stage.code)) == 16


def test_what_is_known_beforehand_is_said_before_anything_runs(small, tmp_path, capsys) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "README.md").write_text("my thesis")
    wrong = {
        "holds files but no bundle": {"out": str(tmp_path / "home")},
        "LoRA cannot adapt": {"finetune": {"targets": ["Wqkv"]}},
        "the codec has layers 1 to 8": {"selection": {"layers": [8, 9]}},
        "nosuch": {"pretrain_corpora": [{"reader": "folder", "root": "nosuch"}]},
        "name at least one, and each once": {"finetune": {"seeds": [1, 1]}},
    }
    original = small.read_text()
    for said, sections in wrong.items():
        change(small, **sections)
        assert main(["run", str(small)]) == 2
        assert said in capsys.readouterr().err
        assert not (tmp_path / "runs").exists()
        small.write_text(original)
    assert (tmp_path / "home" / "README.md").read_text() == "my thesis"


def test_a_config_without_a_bag_says_so(small, capsys) -> None:
    change(small, bag_of_tokens=None)
    assert main(["bag", str(small)]) == 2
    assert "asks for no bag" in capsys.readouterr().err
