"""Step 2 of the method: pre-train the new embedding rows of a frozen backbone.

Decoders learn by causal language modelling. Encoders learn by masked-token modelling: a share of
the audio positions becomes the backbone's mask token and is guessed over the audio vocabulary by
one linear transform whose output is tied to the new rows; the transform is discarded afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from audiotok import backbone
from audiotok.device import AUTO
from audiotok.sequence import N_MARKERS, pad_rows
from audiotok.vocabulary import AudioVocabulary
from train.method.blockwise_cross_entropy import block_cross_entropy
from train.method.masking import IGNORED, MaskedSequences
from train.settings.steps import PretrainConfig

FROZEN = ("base.", "embedding.matrix.")
NOISE = 0.3  # share of the backbone's deviation that tells apart tokens of one meaning
Ids = NDArray[np.int64]


class RowModel(torch.nn.Module):
    """A frozen backbone with trainable rows behind its embedding matrix.

    ``state_dict`` holds the trainable parameters only, so checkpoints stay small.

    Parameters
    ----------
    base : model without a head (encoder), or causal language model (decoder).
    rows : initial values, shape ``(n_markers + n_tokens, dimension)``.
    """

    def __init__(self, base: Any, rows: Tensor, *, decoder: bool) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.decoder = decoder
        self.embedding = backbone.ExtendedEmbedding(base.get_input_embeddings(), rows)
        self.embedding.audio_rows.requires_grad_(True)
        self.first_row = self.embedding.matrix.num_embeddings
        width = rows.shape[1]
        self.transform = torch.nn.Identity() if decoder else torch.nn.Linear(width, width)

    @property
    def rows(self) -> Tensor:
        """The trainable rows, shape ``(n_markers + n_tokens, dimension)``."""
        return self.embedding.audio_rows.weight

    def forward(self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> dict[str, Any]:
        """Return the mean cross-entropy at ``labels``; positions with -100 are ignored.

        Encoders: labels number the audio vocabulary. Decoders: labels are ids of all rows.
        """
        embedded = self.embedding(input_ids)
        body = self.base.base_model if self.decoder else self.base
        hidden = body(inputs_embeds=embedded, attention_mask=attention_mask).last_hidden_state
        if self.decoder:
            hidden, labels = hidden[:, :-1], labels[:, 1:]
        guessed = labels != IGNORED
        hidden, labels = hidden[guessed], labels[guessed]
        if self.decoder:
            matrix = self.base.get_output_embeddings().weight[: self.first_row]
            loss = block_cross_entropy(hidden, matrix, self.rows, labels)
        else:
            logits = functional.linear(self.transform(hidden), self.rows[N_MARKERS:])
            loss = functional.cross_entropy(logits, labels, reduction="sum")
        # A batch without anything to guess must give zero, not the mean of nothing.
        return {"loss": loss / max(1, len(labels))}

    def state_dict(self, *args: Any, **options: Any) -> Any:
        """Return the trainable parameters, without the frozen backbone."""
        state = super().state_dict(*args, **options)
        return {name: value for name, value in state.items() if not name.startswith(FROZEN)}

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        """Load the trainable parameters; the backbone is unchanged."""
        whole = super().state_dict() | dict(state_dict)
        return super().load_state_dict(whole, strict, assign)


def start_rows(
    matrix: Tensor, weights: NDArray[np.float64], seed: int, class_embeddings: Tensor | None = None
) -> Tensor:
    """Initialise the embedding rows of the markers and the audio tokens.

    Rows are normal with the mean and standard deviation of the backbone's own, by dimension. With
    ``class_embeddings`` an audio row is that mean plus the class embeddings' offsets from it,
    weighted by its token's scaled lasso weights: it starts near the names of the classes that it
    indicates. A little noise keeps tokens distinct.

    Parameters
    ----------
    matrix : the backbone's embeddings, shape ``(n_backbone_rows, dimension)``.
    weights : lasso weights, shape ``(n_tokens, n_classes)``.
    class_embeddings : embeddings of the classes' names, shape ``(n_classes, dimension)``.

    Returns
    -------
    Tensor of shape ``(n_markers + n_tokens, dimension)``.
    """
    generator = torch.Generator().manual_seed(seed)
    mean, deviation = matrix.detach().mean(dim=0), matrix.detach().std(dim=0)
    noise = torch.randn(N_MARKERS + len(weights), matrix.shape[1], generator=generator)
    rows = mean + noise * deviation
    if class_embeddings is not None:
        full = max(float(np.quantile(np.abs(weights).max(axis=1), 0.75)), 1e-12)
        leaning = torch.from_numpy(np.clip(weights / full, -1, 1)).float()
        rows[N_MARKERS:] = mean + leaning @ (class_embeddings - mean)
        rows[N_MARKERS:] += NOISE * noise[N_MARKERS:] * deviation
    return rows


def class_name_embeddings(classes: Sequence[str], tokenizer: Any, matrix: Tensor) -> Tensor:
    """Return the mean embedding of each class name's subwords, ``(n_classes, dimension)``."""
    pieces = [tokenizer(name, add_special_tokens=False)["input_ids"] for name in classes]
    return torch.stack([matrix.detach()[ids].mean(dim=0) for ids in pieces])


def draw_rows(hub_id: str, vocabulary: AudioVocabulary, settings: PretrainConfig) -> Tensor:
    """Return the initial rows for a backbone, shape ``(n_markers + n_tokens, dimension)``."""
    tokenizer = backbone.load_tokenizer(hub_id)
    base, _ = load_language_model(hub_id, tokenizer.mask_token_id is None)
    return _first_rows(base, tokenizer, vocabulary, settings)


def _first_rows(
    base: Any, tokenizer: Any, vocabulary: AudioVocabulary, settings: PretrainConfig
) -> Tensor:
    matrix = base.get_input_embeddings().weight
    class_embeddings = None
    if settings.row_init == "lasso":
        class_embeddings = class_name_embeddings(vocabulary.classes, tokenizer, matrix)
    return start_rows(matrix, vocabulary.weights, settings.seed, class_embeddings)


def pretrain_rows(
    hub_id: str,
    sequences: Sequence[Ids],
    vocabulary: AudioVocabulary,
    settings: PretrainConfig,
    folder: Path,
    device: str = AUTO,
) -> tuple[Tensor, dict[str, Any]]:
    """Pre-train the rows of the markers and the audio tokens.

    Parameters
    ----------
    sequences : ids of whole text+audio sequences; new rows begin behind the backbone's own.
    folder : for checkpoints.

    Returns
    -------
    Rows of shape ``(n_markers + n_tokens, dimension)``, and the facts of the run.

    Raises
    ------
    DataError
        When there are fewer than two sequences, or as ``train.method.trainer.fit`` says.
    """
    from train.method.trainer import drop_nothing, fit

    torch.manual_seed(settings.seed)
    parts = _learned_and_held_out(sequences, settings)
    tokenizer = backbone.load_tokenizer(hub_id)
    base, decoder = load_language_model(hub_id, tokenizer.mask_token_id is None)
    if not settings.backbone_dropout:
        drop_nothing(base)
    model = RowModel(base, _first_rows(base, tokenizer, vocabulary, settings), decoder=decoder)
    train, validation = (_examples(part, tokenizer, settings, model) for part in parts)
    collator = causal_collator if decoder else masked_collator
    trainer = fit(
        model,
        settings,
        folder,
        train,
        validation,
        collator(tokenizer.pad_token_id),
        seed=settings.seed,
        device=device,
        metric="eval_loss",
        evaluations_an_epoch=2,
        evaluate_first=True,
    )
    losses = [entry["eval_loss"] for entry in trainer.state.log_history if "eval_loss" in entry]
    return model.rows.detach().cpu(), {
        "objective": "causal" if decoder else "masked",
        "n_sequences": len(sequences),
        "first_loss": losses[0],  # before the first step
        "best_loss": trainer.state.best_metric,
        "chance_loss": float(np.log(len(vocabulary))),
    }


def _learned_and_held_out(
    sequences: Sequence[Ids], settings: PretrainConfig
) -> tuple[list[Ids], list[Ids]]:
    from train.method.trainer import check_examples

    order = np.random.default_rng(settings.seed).permutation(len(sequences))
    n_held_out = max(1, round(settings.held_out * len(sequences)))
    held_out, learned = ([sequences[i] for i in part] for part in np.split(order, [n_held_out]))
    check_examples(len(learned), len(held_out))
    return learned, held_out


def _examples(
    sequences: Sequence[Ids], tokenizer: Any, settings: PretrainConfig, model: RowModel
) -> Sequence[dict[str, Ids]]:
    """Return causal (decoder) or masked (encoder) language-modelling examples."""
    if model.decoder:
        return [{"input_ids": ids} for ids in sequences]
    mask_id, rate = tokenizer.mask_token_id, settings.mask_rate
    return MaskedSequences(sequences, model.first_row, mask_id, rate, settings.seed)


def load_language_model(hub_id: str, decoder: bool) -> tuple[Any, bool]:
    """Load a backbone for pre-training: without head for encoders, with LM head for decoders."""
    from transformers import AutoModel, AutoModelForCausalLM

    kind = AutoModelForCausalLM if decoder else AutoModel
    folder = backbone.find_backbone(hub_id)
    return backbone.load_weights(kind, folder), decoder


def masked_collator(pad_id: int) -> Callable[[list[dict[str, Ids]]], dict[str, Tensor]]:
    """Return a collator that pads items of ``MaskedSequences``."""

    def collate(rows: list[dict[str, Ids]]) -> dict[str, Tensor]:
        ids, mask = map(torch.from_numpy, pad_rows([row["input_ids"] for row in rows], pad_id))
        labels = torch.from_numpy(pad_rows([row["labels"] for row in rows], IGNORED)[0])
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    return collate


def causal_collator(pad_id: int) -> Callable[[list[dict[str, Ids]]], dict[str, Tensor]]:
    """Return a collator that pads sequences for causal language modelling."""

    def collate(rows: list[dict[str, Ids]]) -> dict[str, Tensor]:
        ids, mask = map(torch.from_numpy, pad_rows([row["input_ids"] for row in rows], pad_id))
        labels = ids.masked_fill(mask == 0, IGNORED)
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    return collate
