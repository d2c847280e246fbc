"""The method: selected speech tokens with embeddings of their own inside a text model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from safetensors.torch import load_file, save_file
from torch import nn

from audiotok import backbone
from audiotok.codec import Codec
from audiotok.errors import AudioError
from audiotok.sequence import SequenceBuilder
from audiotok.vocabulary import AudioVocabulary, Codes
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import CODING_CODE, SOUND_CODE, encode_clips
from train.execution.source_code import code_digest
from train.execution.stages import digest, run_stage
from train.experiments.systems.neural import LEARNING_CODE, Row
from train.experiments.systems.system import Item, Modality, Settings, targets_of, texts_of
from train.experiments.systems.text import (
    TextModel,
    TextSettings,
    load_text_model,
    prepare_to_learn,
)
from train.method.selection import SelectConfig, select_tokens
from train.settings.steps import PretrainConfig

SELECTING_CODE = (
    *SOUND_CODE,
    *CODING_CODE,
    "audiotok.vocabulary",
    "train.method.selection",
    "train.method.lasso",
    "train.method.logistic_loss",
    "train.method.saga",
)
ROWS_CODE = (
    *LEARNING_CODE,
    "audiotok.sequence",
    "train.method.blockwise_cross_entropy",
    "train.method.masking",
    "train.method.pretraining",
)
VOCABULARY_FILE, ROWS_FILE = "vocabulary.json", "rows.safetensors"


class SpeechTokensSettings(TextSettings):
    """Settings of the method; the defaults are the paper's 7-layer configuration.

    Attributes
    ----------
    codec : folder or hub id of a SpeechTokenizer; null for the one that ships.
    pretrain : embedding pre-training, on the training items; null to leave it out.
    """

    rank: int | None = 64
    codec: str | None = None
    selection: SelectConfig = SelectConfig()
    pretrain: PretrainConfig | None = PretrainConfig()


class SpeechTokens(TextModel):
    """A text model that reads the words and the selected tokens of the clip.

    Selection and pre-training do not depend on the seed; seeds that lie side by side share them.
    """

    modalities: ClassVar[frozenset[Modality]] = frozenset({"text", "audio"})
    Settings: ClassVar[type[Settings]] = SpeechTokensSettings
    settings: SpeechTokensSettings
    code: ClassVar[tuple[str, ...]] = (*TextModel.code, *SELECTING_CODE, *ROWS_CODE)

    @property
    def models(self) -> list[str]:
        """Digests of the text model and of the codec."""
        return [*super().models, self._codec.fingerprint]

    def fit(
        self, train: Sequence[Item], validation: Sequence[Item], seed: int, folder: Path
    ) -> Self:
        """Select tokens, pre-train their rows, and fine-tune."""
        heard = self._codes([*train, *validation])[: len(train)]
        said = [
            [
                i.record.id,
                i.record.text,
                i.target.tolist(),
                hashlib.sha256(codes.tobytes()).hexdigest(),
            ]
            for i, codes in zip(train, heard, strict=True)
        ]
        chosen, learned = folder.parent / "select", folder.parent / "pretrain"
        selection = self.settings.selection.model_dump()
        key = run_stage(
            "select",
            chosen,
            [digest(said), vars(self.task), selection, code_digest(*SELECTING_CODE, __name__)],
            lambda place: self._select(train, place),
            outputs=(VOCABULARY_FILE,),
        )
        self._vocabulary = AudioVocabulary.load(chosen / VOCABULARY_FILE)
        pretrain = self.settings.pretrain
        recipe = None if pretrain is None else pretrain.model_dump()
        run_stage(
            "pretrain",
            learned,
            [key, digest(said), self.models, self.settings.max_length, recipe]
            + [code_digest(*ROWS_CODE, __name__)],
            lambda place: self._pretrain(train, place),
            outputs=(ROWS_FILE,),
            collective=pretrain is not None,
        )
        self._start = load_file(learned / ROWS_FILE)["rows"]
        return super().fit(train, validation, seed, folder)

    @cached_property
    def _codec(self) -> Codec:
        return Codec.load(self.settings.codec, str(self.device))

    def _codes(self, items: Sequence[Item]) -> list[Codes]:
        hearings = [ClipVariant(item.record) for item in items]
        encoded = encode_clips(hearings, self._codec, self.cache / "codes")
        for name, reason in encoded.failed:
            raise AudioError(f"The clip of {name} cannot be read: {reason}")
        return [encoded.codes[hearing] for hearing in hearings]

    def _select(self, train: Sequence[Item], folder: Path) -> None:
        targets = targets_of(train)
        selection = select_tokens(
            self._codes(train),
            texts_of(train),
            targets if self.task.multi_label else targets.argmax(axis=1),
            self.task.labels,
            self.settings.selection,
            codebook_size=self._codec.codebook_size,
        )
        selection.vocabulary.save(folder / VOCABULARY_FILE)

    def _pretrain(self, train: Sequence[Item], folder: Path) -> None:
        from train.method.pretraining import pretrain_rows, start_rows

        settings = self.settings
        if settings.pretrain is None:
            base: Any = backbone.load_classifier(settings.backbone, 2, self._tokenizer)
            matrix = base.get_input_embeddings().weight
            rows = start_rows(matrix, self._vocabulary.weights, PretrainConfig().seed)
        else:
            ids = [row["input_ids"] for row in self._rows(train)]
            rows, _ = pretrain_rows(
                settings.backbone,
                ids,
                self._vocabulary,
                settings.pretrain,
                folder,
                device=str(self.device),
            )
        save_file({"rows": rows.contiguous()}, folder / ROWS_FILE)

    def _build(self) -> nn.Module:
        base = load_text_model(self.settings, len(self.task.labels))
        backbone.add_rows(base, self._start)
        module: nn.Module = prepare_to_learn(base, self.settings)
        return module

    @cached_property
    def _builder(self) -> SequenceBuilder:
        model = backbone.load_classifier(self.settings.backbone, 2, self._tokenizer)
        longest = backbone.longest_sequence(model, self._tokenizer)
        length = min(self.settings.max_length, longest)
        return SequenceBuilder(self._tokenizer, self._vocabulary, backbone.n_rows(model), length)

    def _rows(self, items: Sequence[Item]) -> list[Row]:
        return [
            {"input_ids": self._builder.build(text, self._vocabulary.find(codes)).ids}
            for text, codes in zip(texts_of(items), self._codes(items), strict=True)
        ]

    def _save(self, folder: Path) -> None:
        super()._save(folder)
        self._vocabulary.save(folder / VOCABULARY_FILE)
        save_file({"rows": self._start}, folder / ROWS_FILE)

    def _load(self, folder: Path) -> None:
        self._vocabulary = AudioVocabulary.load(folder / VOCABULARY_FILE)
        self._start = load_file(folder / ROWS_FILE)["rows"]
        super()._load(folder)
