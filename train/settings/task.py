"""Whole configs: of a task, and of a bundle or an experiment on it."""

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
    EncoderProbeConfig,
    FinetuneConfig,
    PretrainConfig,
    TrainingExamplesConfig,
)


class TaskConfig(Strict):
    """The labels of a task, and its corpora.

    Attributes
    ----------
    label_map : from corpus labels to the task's, where they differ.
    neutral_labels : corpus labels mapped to *neutral*, the absence of every label.
    left_out_labels : corpus labels whose records are left out.
    untested_labels : labels that may lack examples in validation or test.
    device : ``auto``, ``cuda``, ``mps`` or ``cpu``.
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
    """Config of a bundle.

    Attributes
    ----------
    out : output folder of the bundle.
    codec : folder or hub id; null for the shipped one.
    pretrain_corpora : corpora of row pre-training, labelled or not; where there are none, the
        training clips of ``corpora``.
    bag_of_tokens : null, as published, to use the selected tokens alone.
    encoder_probe : null, as published, to hear the voice by the codec's tokens alone.
    corpus_balance : exponent of the weights of corpora with clips, in the selection of tokens, in
        the bag of tokens and in the drawing of training clips: 1 weighs all corpora alike, 0
        all clips.
    unnamed_label_weight : how much a clip with a label counts against labels that its corpus never
        names (several labels a clip only). With 0 not at all: a corpus without surprise then never
        says that its happy voices are not surprised.
    language_model_scale : factor of the logit scale of the text+audio language model that is
        fitted on validation, beside the text-only model and the bag of tokens. Below 1 it scores
        better on unseen corpora: validation speakers are of the training corpora.
    threshold_pair_weight : weight of pairs of texts and clips, relative to all corpora of clips
        together, when the threshold of words and voice is found. A larger one keeps the text's
        verdict in a neutral voice more often, and lets a voice change the verdict of neutral words
        less often.
    """

    out: Path
    pretrain_corpora: list[CorpusConfig] = []
    codec: str | None = None
    backbone: str = backbone.MINILM
    max_length: int | None = Field(None, ge=8)
    selection: SelectConfig = SelectConfig()
    bag_of_tokens: BagOfTokensConfig | None = None
    encoder_probe: EncoderProbeConfig | None = None
    corpus_balance: float = Field(0.0, ge=0, le=1)
    unnamed_label_weight: float = Field(0.0, ge=0, le=1)
    language_model_scale: float = Field(1.0, gt=0)
    threshold_pair_weight: float = Field(1.0, ge=0)
    training_examples: TrainingExamplesConfig = TrainingExamplesConfig()
    pretrain: PretrainConfig = PretrainConfig()
    finetune: FinetuneConfig = FinetuneConfig()


class ExperimentConfig(TaskConfig):
    """Config of a task for experiments; each system has a file of its own.

    Attributes
    ----------
    metric : a name in ``train.evaluation.metrics.METRICS``.
    work : parent of the runs' folders, one a system.
    system : from the system's file: ``name``, one of ``train.experiments.systems.SYSTEMS``, and
        its settings.
    seeds : one fit each; a bag averages their probabilities.
    """

    metric: str
    system: dict[str, Any]
    seeds: Seeds = (42, 100, 6, 10, 420)
