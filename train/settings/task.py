"""A whole config: a task, and a bundle or an experiment about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from audiotok import backbone
from audiotok.device import AUTO
from train.settings.base import Labels, Seeds, Strict
from train.settings.corpora import CorpusConfig
from train.settings.selection import SelectConfig
from train.settings.steps import (
    BagOfTokensConfig,
    FinetuneConfig,
    PretrainConfig,
    TrainingExamplesConfig,
)


class TaskConfig(Strict):
    """What there is to tell apart, and in which corpora.

    Attributes
    ----------
    label_map : corpus labels that mean a label of the task by another name.
    neutral_labels : corpus labels that mean the absence of every label.
    left_out_labels : corpus labels that mean nothing to the task.
    untested_labels : labels that validation or test may lack.
    device : where to compute: ``auto``, ``cuda``, ``mps`` or ``cpu``.
    """

    task: str
    labels: Labels
    multi_label: bool
    label_map: dict[str, str] = {}
    neutral_labels: tuple[str, ...] = ("neutral",)
    left_out_labels: tuple[str, ...] = ()
    untested_labels: tuple[str, ...] = ()
    data_dir: Path
    work: Path
    corpora: list[CorpusConfig]
    device: str = AUTO


class RunConfig(TaskConfig):
    """What the config of a bundle may say.

    Attributes
    ----------
    out : where the bundle goes.
    codec : folder or hub id; null for the one that ships.
    pretrain_corpora : what the rows are pre-trained on, labels or not; where there are none, the
        training clips of ``corpora``.
    bag_of_tokens : null, as published, where the selected tokens are all that is read of a voice.
    language_model_scale : how much the language model's logits keep of the scale that is likeliest
        on validation, beside the words and the bag. A corpus's own speakers say too much for the
        listener; corpora that it never heard are told better with less of it.
    threshold_pair_weight : how much the pairs of words and voices count beside the clips where
        thresholds
        are decided; with more of it, words keep their verdict in a neutral voice more often, and a
        voice less often moves neutral words.
    """

    out: Path
    pretrain_corpora: list[CorpusConfig] = []
    codec: str | None = None
    backbone: str = backbone.MINILM
    max_length: int | None = Field(None, ge=8)
    selection: SelectConfig = SelectConfig()
    bag_of_tokens: BagOfTokensConfig | None = None
    language_model_scale: float = Field(1.0, gt=0)
    threshold_pair_weight: float = Field(1.0, ge=0)
    training_examples: TrainingExamplesConfig = TrainingExamplesConfig()
    pretrain: PretrainConfig = PretrainConfig()
    finetune: FinetuneConfig = FinetuneConfig()


class ExperimentConfig(TaskConfig):
    """What the config of a task for experiments may say; each system has a file of its own.

    Attributes
    ----------
    metric : a name in ``train.evaluation.metrics.METRICS``.
    work : folder for the runs, one below it for each system.
    system : from the system's file: ``name``, one of ``train.experiments.systems.SYSTEMS``, and
        its settings.
    seeds : one fit each; a bag averages their probabilities.
    """

    metric: str
    system: dict[str, Any]
    seeds: Seeds = (42, 100, 6, 10, 420)
