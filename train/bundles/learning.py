"""Training inputs from a task's data; fits of bag and probe, profiles of tokens, adapters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audiotok.bundle import Twin
from audiotok.bundle_weights import BAG, PROBE, write_adapter, write_bag, write_probe
from audiotok.calibration import NEUTRAL
from audiotok.token_profiles import write_profiles
from train.bundles.run_folders import RunFolders
from train.bundles.task_data import TaskData
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import read_clip
from train.encoding.encoder_states import mean_state
from train.evaluation.frame_measures import measure_frames
from train.evaluation.metrics import top1_macro_f1
from train.evaluation.token_profiles import ProfiledClip, profile_tokens
from train.execution import processes
from train.execution.json_files import write_json
from train.method.bag_of_tokens import fit_bag
from train.method.encoder_probe import fit_probe
from train.method.steps import REPORT, SELECT, LabelledClips, Method
from train.method.training_examples import Labelled, target_of, text_examples, voice_examples
from train.settings.steps import BagOfTokensConfig, EncoderProbeConfig

if TYPE_CHECKING:
    from train.method.finetuning import Row
    from train.method.pretraining import Ids

VALIDATION_SHARE = 0.2  # of the configured pairs and texts, for early stopping and thresholds


def labelled_clips(data: TaskData) -> LabelledClips:
    """Return the codes, texts and targets of a task's training clips, in every variant."""
    kept, targets = data.labelled_variants("train")
    return LabelledClips(
        [data.encoded.codes[variant] for variant in kept],
        [variant.record.text for variant in kept],
        targets,
        data.codec.codebooks,
        data.codec.sounding,
        data.label_weights(kept),
    )


def method_of(data: TaskData) -> Method:
    """Return the method for a task, with ``config.work`` as its folder."""
    config = data.config
    return Method(
        work=config.work,
        labels=config.labels,
        multi_label=config.multi_label,
        backbone=config.backbone,
        max_length=config.max_length,
        device=data.codec.device.type,
    )


def bag(data: TaskData, config: BagOfTokensConfig, folder: Path) -> None:
    """Fit the bag of tokens on the training clips and write it to ``folder``."""
    targets = {
        variant: target
        for variant in data.clip_variants("train", config.n_augmented)
        if (target := target_of(variant.record, data.config)) is not None
    }
    codes = data.encode(targets).codes
    fitted = fit_bag(
        [data.codec.sounding(found) for found in codes.values()],
        np.stack([targets[variant] for variant in codes]),
        config,
        data.codec.functionals,
        multi_label=data.config.multi_label,
        weights=data.label_weights(codes),
    )
    write_bag(fitted, folder / BAG)


def probe(data: TaskData, config: EncoderProbeConfig, folder: Path) -> None:
    """Fit the probe of the speech encoder on the training clips and write it to ``folder``.

    All processes must ask for it: they share what the encoder hears.
    """
    targets = {
        variant: target
        for variant in data.clip_variants("train", config.n_augmented)
        if not variant.references and (target := target_of(variant.record, data.config)) is not None
    }
    codes = data.encode(targets).codes
    heard = list(codes)
    all_states = data.states(heard)
    if not processes.is_first():
        return
    pairs = zip(codes.values(), all_states, strict=True)
    fitted = fit_probe(
        np.stack([mean_state(states, data.codec.sounding_frames(c)) for c, states in pairs]),
        np.stack([targets[variant] for variant in heard]),
        config,
        multi_label=data.config.multi_label,
        weights=data.label_weights(heard),
    )
    write_probe(fitted, folder / PROBE)


def profiles(data: TaskData, folders: RunFolders, folder: Path) -> None:
    """Write what the selected tokens sound like in the training clips as they were recorded."""
    vocabulary, report = folders.read_vocabulary(), folders.report(SELECT)
    wanted = [
        variant
        for variant in data.clip_variants("train", n_augmented=0)
        if not variant.references and variant in data.encoded.codes
    ]
    found = profile_tokens(
        vocabulary,
        (clip for variant in wanted if (clip := _profiled(variant, data, vocabulary.classes))),
        vocabulary.classes,
        report["entries"],
        report["ranks"],
    )
    write_profiles(found, folder)


def _profiled(
    variant: ClipVariant, data: TaskData, classes: tuple[str, ...]
) -> ProfiledClip | None:
    """Measure a clip; None where it is not part of the task."""
    target = target_of(variant.record, data.config)
    if target is None:
        return None
    named = [name for name, told in zip(data.config.labels, target, strict=True) if told]
    codes = data.encoded.codes[variant]
    record = variant.record
    return ProfiledClip(
        codes,
        measure_frames(read_clip(record.audio), codes.shape[1]),
        tuple(name for name in named or [NEUTRAL] if name in classes),
        (record.corpus, record.speaker or record.id),
    )


@dataclass(frozen=True)
class Learner:
    """Training sequences of a task's records, and the fine-tuning of its adapters."""

    data: TaskData
    folders: RunFolders
    method: Method

    def sequences(self) -> list[Ids]:
        """Return the text+audio sequences of row pre-training, as ids, each ``(n,)``."""
        data, builder, vocabulary = self.data, self.method.builder, self.method.vocabulary
        if not data.config.pretrain_corpora:
            items = data.labelled(vocabulary, "train")
            examples = voice_examples(items, data.config, data.config.pretrain.seed, thin=True)
            return [e.sequence(builder).ids for e in examples]
        return [
            builder.build(variant.record.text, vocabulary.find(codes)).ids
            for variant, codes in data.unlabelled.codes.items()
        ]

    def finetune(self, twin: Twin, seed: int, folder: Path) -> None:
        """Fine-tune the adapter of a twin and a seed, and write it with a report."""
        from train.method.finetuning import finetune

        config = self.data.config
        # The text+audio adapter starts from the text-only one, so it need not learn text again.
        reads = None
        if twin == "text_audio" and config.finetune.read_first:
            reads = self.folders.read_adapter("text_only", seed)
        train, validation = self._items
        adapter, facts = finetune(
            config.backbone,
            self.method.rows,
            self._rows(train, twin, seed, 1.0, thin=True),
            self._rows(validation, twin, seed, VALIDATION_SHARE, thin=False),
            config.finetune.for_twin(twin),
            folder,
            seed=seed,
            multi_label=config.multi_label,
            macro_f1=top1_macro_f1,
            start=reads,
            device=self.method.device,
        )
        write_adapter(adapter, folder, config.backbone)
        write_json(folder / REPORT, facts)

    @cached_property
    def _items(self) -> tuple[list[Labelled], list[Labelled]]:
        train, validation = (
            self.data.labelled(self.method.vocabulary, split) for split in ("train", "validation")
        )
        return train, validation

    def _rows(
        self, items: list[Labelled], twin: Twin, seed: int, share: float, *, thin: bool
    ) -> list[Row]:
        """Return a twin's training rows, from labelled records."""
        from train.method.finetuning import Row

        config, builder = self.data.config, self.method.builder
        if twin == "text_only":
            examples = text_examples(items, config, seed, share)
            sequences = [builder.without_audio(e.sequence(builder)) for e in examples]
        else:
            examples = voice_examples(items, config, seed, share, thin=thin)
            sequences = [e.sequence(builder) for e in examples]
        return [
            Row(input_ids=s.ids, labels=e.learned if thin else e.target)
            for s, e in zip(sequences, examples, strict=True)
        ]
