"""Qwen2-Audio (Chu et al. 2024), an audio chat model, prompted in context or fine-tuned."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from audiotok import backbone
from train.encoding.codes import SOUND_CODE, read_clip
from train.execution import processes
from train.experiments.identity import model_digest
from train.experiments.systems.models import find_model
from train.experiments.systems.neural import LearningSettings, place
from train.experiments.systems.system import Array, Item, Modality, Settings, System
from train.experiments.systems.text import four_bit_options
from train.method.steps import TRAINER_CODE
from train.method.trainer import fit

IGNORED = -100
NOTHING = "none"  # the answer where no label fits
SAID_OUT_LOUD = "Answer with {labels} only."


class Qwen2AudioSettings(LearningSettings):
    """Settings of Qwen2-Audio.

    Attributes
    ----------
    model : hub id or folder.
    question : prompt about the clip and its words, before the list of labels.
    shots : labelled training items in the prompt.
    max_new_tokens : maximum length of the answer.
    """

    model: str = "Qwen/Qwen2-Audio-7B-Instruct"
    question: str = "What does the speaker express?"
    shots: int = 0
    rank: int = 64
    alpha: int = 16
    dropout: float = 0.1
    targets: tuple[str, ...] = ("q_proj", "v_proj")
    max_new_tokens: int = 16
    batch_size: int = 1
    four_bit: bool = False


class Qwen2AudioInContext(System[Qwen2AudioSettings]):
    """The clip, its words and the question as a chat; the answer is parsed into labels.

    Attributes
    ----------
    learns : whether LoRA is trained on the answers.
    """

    learns: ClassVar[bool] = False
    modalities: ClassVar[frozenset[Modality]] = frozenset({"text", "audio"})
    code: ClassVar[tuple[str, ...]] = (*System.code, *TRAINER_CODE, *SOUND_CODE)
    Settings: ClassVar[type[Settings]] = Qwen2AudioSettings

    @property
    def models(self) -> list[str]:
        """Digest of the chat model."""
        return [model_digest(find_model(self.settings.model))]

    def fit(
        self, train: Sequence[Item], validation: Sequence[Item], seed: int, folder: Path
    ) -> Self:
        """Draw the shots; train LoRA on the answers if ``learns``."""
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        self._shots = [train[i] for i in rng.permutation(len(train))[: self.settings.shots]]
        self._model = self._build()
        if self.learns:
            with suppress(processes.WorkerFinishedError):  # all have the best weights
                fit(
                    self._model,
                    self.settings,
                    folder,
                    self._rows(train),
                    self._rows(validation),
                    self._collate,
                    seed=seed,
                    device=str(self.device),
                    metric="eval_loss",
                )
        return self

    @torch.inference_mode()
    def predict_proba(self, items: Sequence[Item]) -> Array:
        """Return the labels that the generated answers name, shape ``(n_items, n_labels)``.

        Rows of exclusive labels sum to 1, uniform over those named, or over all where none is.
        """
        device = place(self._model, self.device)
        self._model.eval()

        def ask(item: Item) -> Array:
            inputs = {name: value.to(device) for name, value in self._inputs([item]).items()}
            answer = self._model.generate(
                **inputs, max_new_tokens=self.settings.max_new_tokens, do_sample=False
            )
            new = answer[0, inputs["input_ids"].shape[1] :]
            said = self._processor.tokenizer.decode(new, skip_special_tokens=True)
            row = named_labels(said, self.task.labels)
            if self.task.multi_label:
                return row
            return row / row.sum() if row.any() else np.full(len(row), 1 / len(row))

        return np.stack(processes.share(items, ask, "predict"))

    @cached_property
    def _processor(self) -> Any:
        from transformers import AutoProcessor

        return backbone.from_files(AutoProcessor, find_model(self.settings.model))

    def _build(self) -> Any:
        from peft import LoraConfig, get_peft_model
        from transformers import Qwen2AudioForConditionalGeneration

        settings = self.settings
        options = four_bit_options() if settings.four_bit else {}
        model = backbone.load_weights(
            Qwen2AudioForConditionalGeneration, find_model(settings.model), **options
        )
        if settings.gradient_checkpointing:
            model.activation_checkpointing_enable()
            model.enable_input_require_grads()
        if not self.learns:
            return model.requires_grad_(False)
        lora = LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules=list(settings.targets),
        )
        return get_peft_model(model, lora)

    def _inputs(self, items: Sequence[Item], answers: Sequence[str] = ("",)) -> dict[str, Tensor]:
        """Return the processor's batch of the items' chats, with answers where given."""
        chats, clips = [], []
        for item, answer in zip(items, answers, strict=True):
            chat: list[dict[str, Any]] = []
            for shot in (*self._shots, item):
                chat.append({"role": "user", "content": self._asked(shot)})
                if shot.record.audio:
                    clips.append(read_clip(shot.record.audio))
                if shot is not item:
                    chat.append({"role": "assistant", "content": self._answer(shot)})
            asked = self._processor.apply_chat_template(
                chat, add_generation_prompt=True, tokenize=False
            )
            chats.append(asked + answer)
        rate = self._processor.feature_extractor.sampling_rate
        heard = {"audio": clips, "sampling_rate": rate} if clips else {}
        batch = self._processor(
            text=chats, return_tensors="pt", padding=True, padding_side="right", **heard
        )
        return dict(batch)

    def _asked(self, item: Item) -> list[dict[str, str]]:
        labels = ", ".join(self.task.labels)
        limits = f"one or more of: {labels}, or {NOTHING}" if self.task.multi_label else labels
        how = SAID_OUT_LOUD.format(labels=limits if self.task.multi_label else f"one of: {limits}")
        words = f'The words are: "{item.record.text}"\n' if item.record.text else ""
        text = {"type": "text", "text": f"{words}{self.settings.question} {how}"}
        return [{"type": "audio", "audio_url": ""}, text] if item.record.audio else [text]

    def _answer(self, item: Item) -> str:
        named = [n for n, wanted in zip(self.task.labels, item.target, strict=True) if wanted]
        return ", ".join(named) or NOTHING

    def _rows(self, items: Sequence[Item]) -> list[dict[str, Any]]:
        """Items as rows; the clip is read when its batch is made."""
        return [{"input_ids": item.record.text, "item": item} for item in items]

    def _collate(self, rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        """Make a padded batch; only the answers' tokens are learned."""
        items: list[Item] = [row["item"] for row in rows]
        end = self._processor.tokenizer.eos_token or ""
        batch = self._inputs(items, [self._answer(item) + end for item in items])
        labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, IGNORED)
        for row, item in zip(labels, items, strict=True):
            row[: self._inputs([item])["input_ids"].shape[1]] = IGNORED
        return batch | {"labels": labels}


class Qwen2AudioFineTuned(Qwen2AudioInContext):
    """The same chat with LoRA fine-tuned on the answers."""

    learns: ClassVar[bool] = True


def named_labels(answer: str, labels: Sequence[str]) -> Array:
    """Return the labels that an answer contains, zeros and ones of shape ``(n_labels,)``.

    Matching ignores case; a label that occurs only within another matched label is not counted.
    """
    said = " ".join(answer.casefold().replace("_", " ").split())
    left = said
    found = np.zeros(len(labels))
    for index in sorted(range(len(labels)), key=lambda i: -len(labels[i])):
        name = labels[index].casefold().replace("_", " ")
        if name in left:
            found[index] = 1
            left = left.replace(name, " ")
    return found
