from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import yaml

from audiotok.errors import DataError
from train.corpora.readers import mmused_fallacy, mosei
from train.corpora.reading import READERS
from train.experiments.systems.neural import LearningSettings
from train.settings.overrides import selecting_as_published, trusting_pickles
from train.settings.selection import SelectConfig
from train.settings.steps import FinetuneConfig, PretrainConfig, TrainingExamplesConfig
from train.settings.task import RunConfig
from train.settings.yaml_files import read_config

CONFIGS = Path(__file__).resolve().parents[3] / "train" / "configs"


def test_each_twin_has_its_own_epochs_and_ignores_the_others() -> None:
    settings = FinetuneConfig(epochs=4, listen_epochs=1)
    assert settings.for_twin("text_only").epochs == 4
    assert settings.for_twin("text_audio").epochs == 1
    shorter = FinetuneConfig(epochs=4, listen_epochs=0.5)
    assert settings.for_twin("text_only") == shorter.for_twin("text_only")
    assert FinetuneConfig(epochs=4).for_twin("text_audio").epochs == 4


def write(folder: Path, **files: object) -> None:
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content))


def test_a_config_says_only_what_differs_from_the_one_it_inherits(tmp_path) -> None:
    base = {
        "multi_label": False,
        "data_dir": "d",
        "selection": {"C": 0.02, "layers": [2, 3]},
        "finetune": {"seeds": [1, 2], "rank": 64},
    }
    own = {"inherits": "base.yaml", "finetune": {"seeds": [3]}, "selection": {"C": 0.5}}
    last = {"inherits": "own.yaml", "task": "t", "labels": ["a"], "work": "w", "out": "o"}
    write(tmp_path, base=base, own=own, last=last | {"corpora": []})
    config = read_config(tmp_path / "last.yaml", RunConfig, data_dir="elsewhere")
    assert (config.selection.C, config.selection.layers) == (0.5, (2, 3))
    assert (config.finetune.seeds, config.finetune.rank) == ((3,), 64)
    assert config.data_dir == Path("elsewhere")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a": {"inherits": "b.yaml"}}, r"no config at '.*b\.yaml', which '.*a\.yaml' inherits"),
        (
            {"a": {"inherits": "b.yaml"}, "b": {"inherits": "a.yaml"}},
            r"a\.yaml' inherits from itself",
        ),
        ({"a": {"inherits": "a.yaml"}}, r"a\.yaml' inherits from itself"),
        ({"a": {"inherits": "b.yaml"}, "b": [1]}, r"b\.yaml' must be a mapping"),
    ],
)
def test_a_wrong_inheritance_is_one_sentence(tmp_path, files, said) -> None:
    write(tmp_path, **files)
    with pytest.raises(DataError, match=said) as raised:
        read_config(tmp_path / "a.yaml", RunConfig)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("task", ["afc", "afd", "sent", "emo"])
def test_the_papers_tasks_have_the_papers_settings(task) -> None:
    config = read_config(CONFIGS / f"paper-{task}.yaml", RunConfig)
    assert config.selection.layers == (2, 3, 4, 5, 6, 7, 8)
    assert config.selection.C == 0.02
    assert config.backbone == "meta-llama/Llama-3.2-3B"
    assert config.max_length == 256
    tuned = config.finetune
    assert (tuned.rank, tuned.alpha, tuned.dropout) == (64, 16, 0.1)
    assert tuned.targets == ["q_proj", "v_proj"]
    assert (tuned.learning_rate, tuned.batch_size) == (1e-3, 32)
    assert (tuned.epochs, tuned.patience) == (10, 3)
    assert tuned.seeds == (42, 100, 6, 10, 420)
    assert (config.pretrain.learning_rate, config.pretrain.epochs) == (3e-4, 5)
    assert config.training_examples == TrainingExamplesConfig(voice_only_share=0)
    corpus = config.corpora[0]
    assert (config.task, corpus.task) == (task, task)
    spoken = mosei.EMOTIONS if task == "emo" else mmused_fallacy.LABELS.get(task)
    assert set(config.labels) == set(spoken or ("negative", "positive"))
    for corpora in (config.corpora, config.pretrain_corpora):
        for found in corpora:
            taken = inspect.signature(READERS[found.reader]).parameters
            assert {name for name in ("task", "limit") if name in found.choices} <= set(taken)


def test_pickles_are_trusted_on_request_only() -> None:
    config = read_config(CONFIGS / "paper-afc.yaml", RunConfig)
    assert not any(c.trust_pickle for c in [*config.corpora, *config.pretrain_corpora])
    trusting = trusting_pickles(config)
    assert all(c.trust_pickle for c in [*trusting.corpora, *trusting.pretrain_corpora])


def test_the_papers_selection_hears_the_first_channel_as_recorded() -> None:
    config = read_config(CONFIGS / "emotion.yaml", RunConfig)
    paper = selecting_as_published(config)
    assert paper.selection == SelectConfig(layers=(1, 2, 3, 4), C=0.03, solver="saga")
    assert (paper.training_examples.n_augmented, paper.training_examples.relative) == (0, False)
    assert all(corpus.choices["first_channel"] for corpus in paper.corpora)
    assert paper.finetune == config.finetune


@pytest.mark.parametrize("kind", [PretrainConfig, FinetuneConfig, LearningSettings])
def test_who_is_told_of_training_changes_no_key_of_a_stage(kind) -> None:
    assert kind(report_to="tensorboard").report_to == "tensorboard"
    assert kind(report_to="tensorboard").model_dump() == kind().model_dump()


def test_a_tracker_that_is_not_installed_is_one_sentence(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("train.settings.base.find_spec", lambda name: None)
    write(tmp_path, tracked={"report_to": "wandb"}, odd={"report_to": "mail"})
    with pytest.raises(DataError, match="wandb is not installed; 'pip install wandb'"):
        read_config(tmp_path / "tracked.yaml", PretrainConfig)
    with pytest.raises(DataError, match="'none', 'tensorboard', 'trackio' or 'wandb'"):
        read_config(tmp_path / "odd.yaml", FinetuneConfig)
