"""Every config that the repository holds can be read, and its system or task exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from train.codec.settings import CodecConfig
from train.experiments.published import PUBLISHED
from train.experiments.runner import find_system
from train.settings.task import ExperimentConfig, RunConfig
from train.settings.yaml_files import read_config, read_content

CONFIGS = Path(__file__).resolve().parents[3] / "train" / "configs"
SYSTEMS = sorted((CONFIGS / "systems").glob("*.yaml"))
TASKS = sorted((CONFIGS / "tasks").glob("*.yaml"))


def test_the_files_are_found() -> None:
    assert len(SYSTEMS) > 20
    assert [path.stem for path in TASKS] == ["afc", "afd", "emo", "emotion", "sent", "sentiment"]


@pytest.mark.parametrize("path", SYSTEMS, ids=lambda path: path.stem)
def test_a_system_has_the_settings_that_its_file_gives(path) -> None:
    for task in TASKS:
        config = read_config(task, ExperimentConfig, system=read_content(path))
        find_system(config)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_bundle_or_codec_has_the_settings_that_its_file_gives(path) -> None:
    if path.stem == "paper-base":
        pytest.skip("what the others inherit is no task by itself")
    read_config(path, CodecConfig if path.stem.startswith("codec") else RunConfig)


def test_published_scores_stand_beside_systems_that_there_are() -> None:
    stems = {path.stem for path in (CONFIGS / "systems").glob("*.yaml")}
    assert {published.run for published in PUBLISHED} - {""} <= stems


def test_the_ablation_differs_in_what_its_names_say() -> None:
    for stem in ("method", "small-method"):
        for path in [p for p in SYSTEMS if p.stem.startswith(f"{stem}-")]:
            content = read_content(path)
            layers = content["selection"]["layers"]
            assert len(layers) == (8 if "-8-" in path.stem else 7)
            assert content["selection"].get("random", False) == ("random" in path.stem)
            assert (content["pretrain"] is None) == path.stem.endswith("untrained")
            assert (
                content["backbone"]
                == read_content(CONFIGS / "systems" / f"{stem}.yaml")["backbone"]
            )
