"""The steps of the method on a task's data: select, bag, pretrain, finetune.

Each reads the steps before it from their folders and writes into its own.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import save_file

from audiotok.bundle import BAG, Twin, write_adapter, write_bag
from audiotok.sequence import SequenceBuilder
from audiotok.vocabulary import AudioVocabulary
from train.bundles.backbone_outline import outline
from train.bundles.run_folders import REPORT, ROWS, VOCABULARY, RunFolders
from train.bundles.task_data import TaskData
from train.execution.json_files import write_json
from train.method.bag_of_tokens import fit_bag
from train.method.selection import SelectConfig, Selection, select_tokens
from train.method.training_examples import Labelled, target_of, text_examples, voice_examples
from train.settings.steps import BagOfTokensConfig

if TYPE_CHECKING:
    from train.method.finetuning import Row
    from train.method.pretraining import Ids

logger = logging.getLogger(__name__)

VALIDATION_SHARE = 0.2  # of the configured pairs and texts, for early stopping and thresholds


def select_from(data: TaskData, config: SelectConfig) -> Selection:
    """Select tokens on the training clips of a task."""
    kept, targets = data.heard("train")
    labels, multi_label = data.config.labels, data.config.multi_label
    voiced = np.flatnonzero(targets.sum(axis=0))
    if len(voiced) < (1 if multi_label else 2):
        voiced = np.arange(len(labels))  # nothing to tell apart, as it will say
    names = [labels[number] for number in voiced]
    if unvoiced := [label for label in labels if label not in names]:
        logger.warning("select: only texts have the label %s", " or ".join(unvoiced))
    targets = targets[:, voiced]
    return select_tokens(
        [data.encoded.codes[hearing] for hearing in kept],
        [hearing.record.text for hearing in kept],
        targets if multi_label else targets.argmax(axis=1),
        names,
        config,
        codebook_size=data.codec.codebook_size,
    )


def select(data: TaskData, folder: Path) -> None:
    """Write the audio vocabulary that the lasso picks, and its report."""
    selection = select_from(data, data.config.selection)
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


def bag(data: TaskData, config: BagOfTokensConfig, folder: Path) -> None:
    """Fit the reader of all tokens on the training clips."""
    targets = {
        hearing: target
        for hearing in data.hearings("train", config.n_augmented)
        if (target := target_of(hearing.record, data.config)) is not None
    }
    codes = data.encode(targets).codes
    fitted = fit_bag(
        [data.codec.sounding(found) for found in codes.values()],
        np.stack([targets[hearing] for hearing in codes]),
        config,
        data.codec.functionals,
        multi_label=data.config.multi_label,
    )
    write_bag(fitted, folder / BAG)


@dataclass(frozen=True)
class Learner:
    """Pre-training and fine-tuning, which read what selection left."""

    data: TaskData
    folders: RunFolders

    @cached_property
    def vocabulary(self) -> AudioVocabulary:
        """The selected tokens."""
        return self.folders.read_vocabulary()

    @cached_property
    def builder(self) -> SequenceBuilder:
        """Builds what the backbone reads in training, just as the classifier will."""
        config = self.data.config
        found = outline(config.backbone, len(config.labels))
        length = min(config.max_length or found.longest, found.longest)
        return SequenceBuilder(found.tokenizer, self.vocabulary, found.n_rows, length)

    def pretrain(self, folder: Path) -> None:
        """Write the pre-trained rows and a report."""
        from train.method.pretraining import pretrain_rows

        config = self.data.config
        sequences = self._sequences()
        rows, facts = pretrain_rows(
            config.backbone, sequences, self.vocabulary, config.pretrain, folder, self._device
        )
        # Half precision from here on, as it will ship: the adapters learn on the same rows.
        save_file({"rows": rows.half().float()}, folder / ROWS)
        write_json(folder / REPORT, facts)

    def _sequences(self) -> list[Ids]:
        """Give whole text+audio sequences, as ids."""
        data = self.data
        if not data.config.pretrain_corpora:
            items = data.labelled(self.vocabulary, "train")
            examples = voice_examples(items, data.config, data.config.pretrain.seed, thin=True)
            return [e.sequence(self.builder).ids for e in examples]
        return [
            self.builder.build(hearing.record.text, self.vocabulary.find(codes)).ids
            for hearing, codes in data.unlabelled.codes.items()
        ]

    def finetune(self, twin: Twin, seed: int, folder: Path) -> None:
        """Write the adapter of a twin and a seed, and a report."""
        from train.method.finetuning import finetune

        config = self.data.config
        # The twin that listens goes on from the one that reads, so it need not learn to read too.
        reads = None
        if twin == "text_audio" and config.finetune.read_first:
            reads = self.folders.read_adapter("text_only", seed)
        train, validation = self._items
        adapter, facts = finetune(
            config.backbone,
            self._pretrained,
            self._rows(train, twin, seed, 1.0, thin=True),
            self._rows(validation, twin, seed, VALIDATION_SHARE, thin=False),
            config.finetune.for_twin(twin),
            folder,
            seed=seed,
            multi_label=config.multi_label,
            start=reads,
            device=self._device,
        )
        write_adapter(adapter, folder, config.backbone)
        write_json(folder / REPORT, facts)

    @property
    def _device(self) -> str:
        return self.data.codec.device.type

    @cached_property
    def _pretrained(self) -> torch.Tensor:
        return self.folders.read_rows()

    @cached_property
    def _items(self) -> tuple[list[Labelled], list[Labelled]]:
        train = self.data.labelled(self.vocabulary, "train")
        return train, self.data.labelled(self.vocabulary, "validation")

    def _rows(
        self, items: list[Labelled], twin: Twin, seed: int, share: float, *, thin: bool
    ) -> list[Row]:
        """Give what a twin reads of labelled records."""
        from train.method.finetuning import Row

        config = self.data.config
        if twin == "text_only":
            examples = text_examples(items, config, seed, share)
            sequences = [self.builder.without_audio(e.sequence(self.builder)) for e in examples]
        else:
            examples = voice_examples(items, config, seed, share, thin=thin)
            sequences = [e.sequence(self.builder) for e in examples]
        return [
            Row(input_ids=s.ids, labels=e.target) for s, e in zip(sequences, examples, strict=True)
        ]
