"""The method: selected speech tokens with embeddings of their own inside a text model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

from torch import nn

from audiotok.codec import Codec
from audiotok.errors import AudioError
from audiotok.vocabulary import Codes
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import CODING_CODE, SOUND_CODE, encode_clips
from train.execution.stages import digest, run_graph
from train.experiments.systems.neural import Row
from train.experiments.systems.system import Item, Modality, Settings, targets_of, texts_of
from train.experiments.systems.text import TextModel, TextSettings, build_text_model
from train.method.steps import (
    PRETRAIN,
    PRETRAINING_CODE,
    SELECTION_CODE,
    LabelledClips,
    Method,
)
from train.settings.selection import SelectConfig
from train.settings.steps import PretrainConfig


class SpeechTokensSettings(TextSettings):
    """Settings of the method; the defaults are the paper's 7-layer configuration.

    Attributes
    ----------
    codec : folder or hub id of a SpeechTokenizer; null for the shipped one.
    pretrain : embedding pre-training, on the training items; null to leave it out.
    """

    rank: int | None = 64
    codec: str | None = None
    selection: SelectConfig = SelectConfig()
    pretrain: PretrainConfig | None = PretrainConfig()


class SpeechTokens(TextModel):
    """A text model on the words and the selected audio tokens of the clip.

    Selection and pre-training do not depend on the seed and are shared by the seeds of a run.
    """

    modalities: ClassVar[frozenset[Modality]] = frozenset({"text", "audio"})
    Settings: ClassVar[type[Settings]] = SpeechTokensSettings
    settings: SpeechTokensSettings
    code: ClassVar[tuple[str, ...]] = (
        *TextModel.code,
        *SOUND_CODE,
        *CODING_CODE,
        *SELECTION_CODE,
        *PRETRAINING_CODE,
    )

    @property
    def models(self) -> list[str]:
        """Digests of the text model and of the codec."""
        return [*super().models, self._codec.fingerprint]

    def fit(
        self, train: Sequence[Item], validation: Sequence[Item], seed: int, folder: Path
    ) -> Self:
        """Select tokens, pre-train their rows, and fine-tune."""
        codes = self._codes([*train, *validation])[: len(train)]
        codec = self._codec
        clips = LabelledClips(
            codes, texts_of(train), targets_of(train), codec.codebooks, codec.sounding
        )
        said = digest(
            [
                [item.record.id, item.record.text, item.target.tolist()]
                + [hashlib.sha256(of_clip.tobytes()).hexdigest()]
                for item, of_clip in zip(train, codes, strict=True)
            ]
        )
        self._method = Method(
            work=folder.parent,
            labels=self.task.labels,
            multi_label=self.task.multi_label,
            backbone=self.settings.backbone,
            max_length=self.settings.max_length,
            device=str(self.device),
        )
        stages = [
            self._method.selection(self.settings.selection, lambda: clips, lambda: [said]),
            self._method.pretraining(
                self.settings.pretrain,
                lambda: [row["input_ids"] for row in self._rows(train)],
                lambda: [said],
                code=(__name__,),
            ),
        ]
        run_graph(stages, [PRETRAIN])
        return super().fit(train, validation, seed, folder)

    @cached_property
    def _codec(self) -> Codec:
        return Codec.load(self.settings.codec, str(self.device))

    def _codes(self, items: Sequence[Item]) -> list[Codes]:
        variants = [ClipVariant(item.record) for item in items]
        encoded = encode_clips(variants, self._codec, self.cache / "codes")
        for name, reason in encoded.failed:
            raise AudioError(f"The clip of {name} cannot be read: {reason}")
        return [encoded.codes[variant] for variant in variants]

    def _build(self) -> nn.Module:
        module: nn.Module = build_text_model(
            self.settings, len(self.task.labels), self._method.rows
        )
        return module

    def _rows(self, items: Sequence[Item]) -> list[Row]:
        builder, vocabulary = self._method.builder, self._method.vocabulary
        return [
            {"input_ids": builder.build(text, vocabulary.find(codes)).ids}
            for text, codes in zip(texts_of(items), self._codes(items), strict=True)
        ]
