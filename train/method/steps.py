"""Selection and pre-training as stages: one implementation for bundles and for experiments.

::

    select -> pretrain -> fine-tune (``finetuning.py``), which reads ``vocabulary`` and ``rows``
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from audiotok.sequence import SequenceBuilder
from audiotok.vocabulary import AudioVocabulary, Codes
from train.execution.json_files import write_json
from train.execution.stages import Stage
from train.method.backbone_outline import backbone_digest, outline
from train.method.code_groups import group_codebooks
from train.method.selection import Selection, select_tokens
from train.settings.selection import SelectConfig
from train.settings.steps import PretrainConfig

if TYPE_CHECKING:
    from torch import Tensor

    from train.method.pretraining import Ids

logger = logging.getLogger(__name__)

SELECT, PRETRAIN = "select", "pretrain"
VOCABULARY, ROWS, REPORT = "vocabulary.json", "rows.safetensors", "report.json"

SELECTION_CODE = (
    "audiotok.bag_of_tokens",
    "audiotok.vocabulary",
    "train.method.class_rows",
    "train.method.code_groups",
    "train.method.corpus_weights",
    "train.method.lasso",
    "train.method.lasso_path",
    "train.method.logistic_loss",
    "train.method.saga",
    "train.method.selection",
    "train.method.steps",
    "train.method.token_counts",
)
TRAINER_CODE = ("audiotok.backbone", "train.method.checkpoints", "train.method.trainer")
PRETRAINING_CODE = (
    "audiotok.sequence",
    "train.method.blockwise_cross_entropy",
    "train.method.masking",
    "train.method.pretraining",
    "train.method.steps",
    *TRAINER_CODE,
)
FINETUNING_CODE = ("train.method.finetuning", *TRAINER_CODE)


@dataclass(frozen=True)
class LabelledClips:
    """Labelled clips to select tokens on.

    Attributes
    ----------
    codes : for each clip all codes of the codec, shape ``(n_layers, n_frames)``.
    texts : what is said in each clip.
    targets : zeros and ones, shape ``(n_clips, n_labels)``.
    codebooks : vectors of each layer of the codec, each ``(codebook_size, dimension)``.
    sounding : of codes, those of the frames in which something sounds.
    weights : of the clips for each label, shape ``(n_clips, n_labels)``; None for equal ones.
    """

    codes: Sequence[Codes]
    texts: Sequence[str]
    targets: NDArray[np.int64]
    codebooks: Sequence[NDArray[np.float32]]
    sounding: Callable[[Codes], Codes]
    weights: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Method:
    """The method's stages for one task and one backbone, and readers of their outputs.

    Attributes
    ----------
    work : parent of the stages' folders.
    backbone : hub id of a text model.
    max_length : positions of the sequences; null for as many as the backbone reads.
    device : torch device of pre-training.
    """

    work: Path
    labels: tuple[str, ...]
    multi_label: bool
    backbone: str
    max_length: int | None
    device: str

    def selection(
        self,
        config: SelectConfig,
        clips: Callable[[], LabelledClips],
        inputs: Callable[[], list[Any]],
    ) -> Stage:
        """Return the stage that writes the audio vocabulary and a report of the selection.

        Parameters
        ----------
        clips : gives the training clips when the stage runs.
        inputs : gives, JSON-able, what decides these clips and their targets.
        """
        return Stage(
            name=SELECT,
            folder=self.work / SELECT,
            build=lambda folder: self._select(config, clips(), folder),
            outputs=(VOCABULARY,),
            inputs=lambda: [
                *inputs(),
                self.labels,
                self.multi_label,
                config.model_dump(mode="json"),
            ],
            code=SELECTION_CODE,
        )

    def pretraining(
        self,
        config: PretrainConfig | None,
        sequences: Callable[[], Sequence[Ids]],
        inputs: Callable[[], list[Any]],
        code: tuple[str, ...] = (),
    ) -> Stage:
        """Return the stage that writes the embedding rows of markers and selected tokens.

        Parameters
        ----------
        config : None writes the initial rows without pre-training.
        sequences : gives whole text+audio sequences, as ``builder`` makes them.
        inputs : gives, JSON-able, what decides these sequences besides backbone and vocabulary.
        code : modules that make them.
        """
        settings = None if config is None else config.model_dump()
        return Stage(
            name=PRETRAIN,
            folder=self.work / PRETRAIN,
            build=lambda folder: self._pretrain(config, sequences, folder),
            outputs=(ROWS,),
            inputs=lambda: [*inputs(), self.reading, settings],
            needs=(SELECT,),
            code=(*PRETRAINING_CODE, *code),
            collective=config is not None,
        )

    @property
    def reading(self) -> list[Any]:
        """Inputs, beside the vocabulary, that determine the sequence of an utterance."""
        return [self.backbone, backbone_digest(self.backbone), self.max_length]

    @cached_property
    def vocabulary(self) -> AudioVocabulary:
        """The selected tokens."""
        return read_vocabulary(self.work)

    @cached_property
    def rows(self) -> Tensor:
        """The pre-trained rows, shape ``(n_markers + n_tokens, dimension)``."""
        return read_rows(self.work)

    @cached_property
    def builder(self) -> SequenceBuilder:
        """Builder of token sequences, the same that the classifier uses."""
        found = outline(self.backbone, len(self.labels))
        length = min(self.max_length or found.longest, found.longest)
        return SequenceBuilder(found.tokenizer, self.vocabulary, found.n_rows, length)

    def _select(self, config: SelectConfig, clips: LabelledClips, folder: Path) -> None:
        selection = select(clips, self.labels, config, multi_label=self.multi_label)
        selection.vocabulary.save(folder / VOCABULARY)
        report = selection.report()
        write_json(folder / REPORT, report)
        logger.info(
            "select: %d tokens, per layer %s, relative duality gap %.1e",
            report["n_tokens"],
            report["n_tokens_per_layer"],
            report["fit"]["relative_gap"],
        )
        for point in report["path"]:
            logger.info("select: at C=%.4g there would be %d", point["C"], point["n_tokens"])

    def _pretrain(
        self, config: PretrainConfig | None, sequences: Callable[[], Sequence[Ids]], folder: Path
    ) -> None:
        from train.method.pretraining import draw_rows, pretrain_rows

        facts: dict[str, Any]
        if config is None:
            rows, facts = draw_rows(self.backbone, self.vocabulary, PretrainConfig()), {}
        else:
            rows, facts = pretrain_rows(
                self.backbone, sequences(), self.vocabulary, config, folder, self.device
            )
        # Half precision from here on, as it will ship: the adapters learn on the same rows.
        save_file({"rows": rows.half().float()}, folder / ROWS)
        write_json(folder / REPORT, facts)


def select(
    clips: LabelledClips, labels: Sequence[str], config: SelectConfig, *, multi_label: bool
) -> Selection:
    """Select the audio tokens that discriminate the labels of clips; see ``select_tokens``.

    Raises
    ------
    DataError
        When there are no clips, nothing to tell apart, or nothing is left to select.
    """
    voiced = np.flatnonzero(clips.targets.sum(axis=0))
    if len(voiced) < (1 if multi_label else 2):
        voiced = np.arange(len(labels))  # nothing to tell apart, as it will say
    names = [labels[int(number)] for number in voiced]
    if unvoiced := [label for label in labels if label not in names]:
        logger.warning("select: only texts have the label %s", " or ".join(unvoiced))
    targets = clips.targets[:, voiced]
    groups = None
    if config.codes_per_layer is not None:
        books = [clips.codebooks[layer - 1] for layer in config.layers]
        groups = group_codebooks(books, config.codes_per_layer, config.seed)
    return select_tokens(
        [clips.sounding(codes) for codes in clips.codes] if config.sounding else clips.codes,
        clips.texts,
        targets if multi_label else targets.argmax(axis=1),
        names,
        config,
        codebook_size=len(clips.codebooks[0]),
        groups=groups,
        weights=None if clips.weights is None else clips.weights[:, voiced],
    )


def read_vocabulary(work: Path) -> AudioVocabulary:
    """Read the selected tokens of a task."""
    return AudioVocabulary.load(work / SELECT / VOCABULARY)


def read_rows(work: Path) -> Tensor:
    """Read the pre-trained rows of a task, shape ``(n_markers + n_tokens, dimension)``."""
    return load_file(work / PRETRAIN / ROWS)["rows"]
