"""A pre-trained text model, fine-tuned as a whole or with LoRA, on text alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from torch import Tensor, nn

from audiotok import backbone
from audiotok.errors import DataError
from train.experiments.identity import model_digest
from train.experiments.systems.neural import LearningSettings, NeuralSystem, Row, pad
from train.experiments.systems.system import Item, Modality, Settings, texts_of
from train.method.finetuning import adaptable_classifier


class TextSettings(LearningSettings):
    """Settings of a text model.

    Attributes
    ----------
    backbone : hub id of an encoder or a decoder.
    rank : of LoRA; null to fine-tune everything.
    targets : modules that LoRA adapts; null for peft's choice for the backbone.
    max_length : maximum sequence length in tokens.
    four_bit : load the backbone in 4 bits (needs the package bitsandbytes and a GPU).
    """

    backbone: str = backbone.MINILM
    rank: int | None = None
    alpha: int = 16
    dropout: float = 0.1
    targets: list[str] | None = None
    max_length: int = 256
    four_bit: bool = False


class TextModel(NeuralSystem[TextSettings]):
    """A pre-trained text encoder or decoder with a classification head."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({"text"})
    Settings: ClassVar[type[Settings]] = TextSettings

    @property
    def models(self) -> list[str]:
        return [*super().models, model_digest(backbone.find_backbone(self.settings.backbone))]

    def _build(self) -> nn.Module:
        return build_text_model(self.settings, len(self.task.labels))

    def _rows(self, items: Sequence[Item]) -> list[Row]:
        return tokenize(texts_of(items), self._tokenizer, self.settings.max_length)

    def _collate(self, rows: Sequence[Row]) -> dict[str, Tensor]:
        return collate_text(rows, self._tokenizer.pad_token_id)

    @cached_property
    def _tokenizer(self) -> Any:
        return backbone.load_tokenizer(self.settings.backbone)


def build_text_model(settings: TextSettings, n_labels: int, rows: Tensor | None = None) -> Any:
    """Load a text model as a classifier, with LoRA where a rank is set.

    ``rows`` for audio tokens, shape ``(n_rows, dimension)``, are appended to its embeddings.
    """
    return adaptable_classifier(
        settings.backbone,
        n_labels,
        settings,
        rows,
        gradient_checkpointing=settings.gradient_checkpointing,
        **(four_bit_options() if settings.four_bit else {}),
    )


def tokenize(texts: Sequence[str], tokenizer: Any, max_length: int) -> list[Row]:
    """Return the texts' ids, each of shape ``(n_tokens,)``; an empty one is one pad token."""
    found = tokenizer(list(texts), truncation=True, max_length=max_length)["input_ids"]
    return [{"input_ids": ids or [tokenizer.pad_token_id]} for ids in found]


def collate_text(rows: Sequence[Row], pad_id: int) -> dict[str, Tensor]:
    """Pad rows to a batch."""
    ids, mask = pad([row["input_ids"] for row in rows], pad_id)
    return {"input_ids": ids, "attention_mask": mask}


def four_bit_options() -> dict[str, Any]:
    """Return options of ``from_pretrained`` that load a backbone in 4 bits.

    Raises
    ------
    DataError
        When bitsandbytes is not installed.
    """
    import importlib.util

    from transformers import BitsAndBytesConfig

    if importlib.util.find_spec("bitsandbytes") is None:
        raise DataError(
            "Loading in 4 bits needs the package bitsandbytes: pip install bitsandbytes."
        )
    return {"quantization_config": BitsAndBytesConfig(load_in_4bit=True)}
