"""An LSTM over the frames of a frozen speech encoder, alone or fused with a text encoder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers.modeling_outputs import SequenceClassifierOutput

from audiotok import backbone
from audiotok.audio import Samples
from train.encoding.features import HEARING_CODE, FeatureCache
from train.experiments.identity import model_digest
from train.experiments.systems.neural import LearningSettings, NeuralSystem, Row, pad
from train.experiments.systems.speech_encoders import SpeechEncoder, find_encoder, load_encoder
from train.experiments.systems.system import Item, Modality, Settings, texts_of
from train.experiments.systems.text import collate_text, tokenize


class SpeechSettings(LearningSettings):
    """Settings of an LSTM over frames.

    Attributes
    ----------
    speech : hub id or folder of a WavLM, HuBERT, wav2vec 2.0 or Whisper; ``transcriber`` for the
        Whisper in CTranslate2's form that audiotok writes words down with.
    hidden : units of the LSTM, in each of its two directions.
    frames_per_step : frames averaged into one step of the LSTM.
    """

    speech: str = "microsoft/wavlm-base-plus"
    hidden: int = 128
    dropout: float = 0.1
    frames_per_step: int = 1


class SpeechTextSettings(SpeechSettings):
    """Settings of a text encoder fused with a speech encoder.

    Attributes
    ----------
    backbone : hub id of the text encoder.
    freeze_text : whether only the head and the LSTM are trained.
    """

    backbone: str = backbone.MINILM
    max_length: int = 256
    freeze_text: bool = False


class _LstmHead(nn.Module):
    """Mean over the steps of a bidirectional LSTM."""

    def __init__(self, dimension: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dimension)
        self.lstm = nn.LSTM(dimension, hidden, batch_first=True, bidirectional=True)

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Map ``(batch, n_steps, dimension)`` to ``(batch, 2 * hidden)``."""
        lengths = mask.sum(dim=1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(
            self.norm(frames), lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        kept = mask[:, : states.shape[1], None].to(states.dtype)
        return (states * kept).sum(dim=1) / kept.sum(dim=1)


class _Fusion(nn.Module):
    """A linear head on the LSTM's vector, concatenated with the text's where there is one."""

    def __init__(
        self,
        voice: _LstmHead,
        text: nn.Module | None,
        n_features: int,
        n_labels: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.voice, self.text = voice, text
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(n_features, n_labels))

    def forward(
        self,
        frames: Tensor,
        frames_mask: Tensor,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
    ) -> SequenceClassifierOutput:
        """Classify a batch of frames and, where there is a text encoder, ids."""
        found = [self.voice(frames, frames_mask)]
        if self.text is not None and attention_mask is not None:
            states = self.text(input_ids=input_ids, attention_mask=attention_mask)
            kept = attention_mask[..., None].to(states.last_hidden_state.dtype)
            found.append((states.last_hidden_state * kept).sum(dim=1) / kept.sum(dim=1))
        return SequenceClassifierOutput(logits=self.head(torch.cat(found, dim=1)))


class SpeechLstm(NeuralSystem[SpeechSettings]):
    """An LSTM over the frames of a frozen speech encoder."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({"audio"})
    code: ClassVar[tuple[str, ...]] = (*NeuralSystem.code, *HEARING_CODE)
    Settings: ClassVar[type[Settings]] = SpeechSettings

    @cached_property
    def _encoder(self) -> SpeechEncoder:
        return load_encoder(self.settings.speech, self.device)

    @cached_property
    def models(self) -> list[str]:
        """Digest of the speech encoder."""
        return [model_digest(find_encoder(self.settings.speech))]

    @cached_property
    def _frames(self) -> FeatureCache:
        return FeatureCache(self.cache, ["speech", self.models[0]], self._hear)

    def _hear(self, samples: Samples) -> NDArray[np.float32]:
        # Loads the encoder with the first clip that the cache does not have.
        return self._encoder(samples)

    def _build(self) -> nn.Module:
        return self._fusion(None, 0)

    def _fusion(self, text: nn.Module | None, n_text: int) -> nn.Module:
        voice = _LstmHead(self._encoder.dimension, self.settings.hidden)
        n_features = 2 * self.settings.hidden + n_text
        n_labels = len(self.task.labels)
        return _Fusion(voice, text, n_features, n_labels, self.settings.dropout)

    def _rows(self, items: Sequence[Item]) -> list[Row]:
        rows = []
        for frames in self._frames.of([item.clip for item in items]):
            steps = _average(frames, self.settings.frames_per_step)
            rows.append({"input_ids": range(len(steps)), "frames": steps})
        return rows

    def _collate(self, rows: Sequence[Row]) -> dict[str, Tensor]:
        frames, mask = pad([row["frames"] for row in rows])
        return {"frames": frames, "frames_mask": mask}


class SpeechAndText(SpeechLstm):
    """A text encoder and an LSTM over a frozen speech encoder's frames, fused by concatenation."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({"text", "audio"})
    Settings: ClassVar[type[Settings]] = SpeechTextSettings
    settings: SpeechTextSettings

    @cached_property
    def models(self) -> list[str]:
        """Digests of the speech encoder and of the text encoder."""
        text = backbone.find_backbone(self.settings.backbone)
        return [model_digest(find_encoder(self.settings.speech)), model_digest(text)]

    @cached_property
    def _tokenizer(self) -> Any:
        return backbone.load_tokenizer(self.settings.backbone)

    def _build(self) -> nn.Module:
        from transformers import AutoModel

        text = backbone.load_weights(AutoModel, backbone.find_backbone(self.settings.backbone))
        text.requires_grad_(not self.settings.freeze_text)
        if self.settings.gradient_checkpointing:
            text.activation_checkpointing_enable()
        return self._fusion(text, text.config.hidden_size)

    def _rows(self, items: Sequence[Item]) -> list[Row]:
        words = tokenize(texts_of(items), self._tokenizer, self.settings.max_length)
        return [voice | text for voice, text in zip(super()._rows(items), words, strict=True)]

    def _collate(self, rows: Sequence[Row]) -> dict[str, Tensor]:
        return super()._collate(rows) | collate_text(rows, self._tokenizer.pad_token_id)


def _average(frames: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Average every ``n`` frames of ``(n_frames, dimension)``; the last group may be smaller."""
    firsts = np.arange(0, len(frames), n)
    sizes = np.diff(np.append(firsts, len(frames)))
    return np.asarray(np.add.reduceat(frames, firsts, axis=0) / sizes[:, None], np.float32)
