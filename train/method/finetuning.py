"""Step 3 of the method: LoRA, a head and the audio rows learn the task; the rest stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from audiotok import backbone
from audiotok.bundle import Adapter
from audiotok.device import AUTO
from audiotok.sequence import pad_rows
from train.evaluation.metrics import top1_macro_f1
from train.method.trainer import AdapterTrainer, check_examples, drop_nothing, fit
from train.settings.steps import FinetuneConfig

Ids = NDArray[np.int64]
METRIC = "macro_f1"


class LoraSettings(Protocol):
    """What LoRA needs to know; ``targets`` None is peft's choice."""

    @property
    def rank(self) -> int | None: ...
    @property
    def alpha(self) -> int: ...
    @property
    def dropout(self) -> float: ...
    @property
    def targets(self) -> list[str] | None: ...


class Row(TypedDict):
    """One example as the backbone reads it; ``labels`` are zeros and ones, ``(n_labels,)``."""

    input_ids: Ids
    labels: NDArray[np.int64]


class BalancedTrainer(AdapterTrainer):
    """A Trainer with class-balanced loss: cross-entropy, or binary one a label."""

    def __init__(self, *args: Any, weights: Tensor, multi_label: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.weights = weights
        self.multi_label = multi_label

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Give the weighted loss of a batch whose labels are zeros and ones."""
        labels = inputs["labels"]
        output = model(**{name: value for name, value in inputs.items() if name != "labels"})
        logits, weights = output.logits.float(), self.weights.to(output.logits.device)
        loss = balanced_loss(logits, labels.float(), weights, multi_label=self.multi_label)
        return (loss, {"loss": loss, "logits": output.logits}) if return_outputs else loss


def balanced_loss(logits: Tensor, labels: Tensor, weights: Tensor, *, multi_label: bool) -> Tensor:
    """Binary cross-entropy a label, or cross-entropy between exclusive ones.

    A row without a label is neutral: none of several, or all exclusive ones alike.

    Parameters
    ----------
    logits, labels : shape ``(n, n_labels)``; labels are zeros and ones.
    weights : shape ``(n_labels,)``, as ``class_weights`` gives them.
    """
    if multi_label:
        return functional.binary_cross_entropy_with_logits(logits, labels, pos_weight=weights)
    is_neutral = (labels == 0).all(dim=1)
    shares = torch.where(is_neutral[:, None], 1 / labels.shape[1], labels)
    of_rows = torch.where(is_neutral, 1.0, labels @ weights)
    losses = functional.cross_entropy(logits, shares, reduction="none")
    return (of_rows * losses).sum() / of_rows.sum()


def class_weights(
    targets: NDArray[np.int64], *, multi_label: bool, balance: float
) -> NDArray[np.float64]:
    """Weights that make classes count alike; ``balance`` is their exponent.

    Multi-label: for each label negatives over positives. Single-label: scikit-learn's
    "balanced", ``n / (n_classes * n_of_class)``.
    """
    n_positive = np.maximum(targets.sum(axis=0), 1)
    if multi_label:
        full = (len(targets) - n_positive) / n_positive
    else:
        full = len(targets) / (targets.shape[1] * n_positive)
    return np.asarray(np.maximum(full, 1e-3) ** balance)


def lora_model(base: Any, settings: LoraSettings, adapter_name: str = "default") -> Any:
    """Put LoRA on a sequence classifier; its head and the audio rows learn too.

    Without a rank everything learns.
    """
    if settings.rank is None:
        return base
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=settings.targets,
        modules_to_save=backbone.learning_modules(base),
    )
    return get_peft_model(base, config, adapter_name=adapter_name)


def finetune(
    hub_id: str,
    rows: Tensor,
    train: Sequence[Row],
    validation: Sequence[Row],
    settings: FinetuneConfig,
    folder: Path,
    *,
    seed: int,
    multi_label: bool,
    start: Adapter | None = None,
    device: str = AUTO,
) -> tuple[Adapter, dict[str, Any]]:
    """Fine-tune one adapter; goes on from a checkpoint in ``folder``.

    Parameters
    ----------
    rows : where the audio embedding rows start, shape ``(n_markers + n_tokens, dimension)``.
    start : an adapter of the same shape to go on from, such as the one that reads already.

    Returns
    -------
    The adapter at its best validation macro-F1, and the facts of the run.
    """
    from peft import set_peft_model_state_dict

    check_examples(len(train), len(validation))
    torch.manual_seed(seed)
    targets = np.stack([row["labels"] for row in train])
    tokenizer = backbone.load_tokenizer(hub_id)
    base = backbone.load_classifier(hub_id, targets.shape[1], tokenizer)
    backbone.add_rows(base, rows)
    if not settings.backbone_dropout:
        drop_nothing(base)
    model = lora_model(base, settings)
    if start is not None:
        set_peft_model_state_dict(model, start.state)
    weights = class_weights(targets, multi_label=multi_label, balance=settings.balance)
    trainer = fit(
        model,
        settings,
        folder,
        train,
        validation,
        row_collator(tokenizer.pad_token_id),
        seed=seed,
        device=device,
        metric=METRIC,
        compute_metrics=lambda found: {
            METRIC: top1_macro_f1(np.asarray(found.predictions), np.asarray(found.label_ids))
        },
        trainer_class=BalancedTrainer,
        weights=torch.from_numpy(weights).float(),
        multi_label=multi_label,
    )
    facts = {
        "n_train": len(train),
        "n_validation": len(validation),
        "class_weights": weights.round(3).tolist(),
        f"best_{METRIC}": trainer.state.best_metric,
        "n_steps": trainer.state.global_step,
    }
    return adapter_of(model), facts


def adapter_of(model: Any, name: str = "default") -> Adapter:
    """Take LoRA, head and audio rows out of a peft model, nothing of the backbone's own."""
    from peft import get_peft_model_state_dict

    state = get_peft_model_state_dict(model, adapter_name=name, save_embedding_layers=False)
    state = {key: value.detach().cpu().clone() for key, value in state.items()}
    config = model.peft_config[name].to_dict() | {"inference_mode": True}
    # A set has another order on every run.
    config = {
        key: sorted(value) if isinstance(value, set) else value for key, value in config.items()
    }
    return Adapter(config, state)


def row_collator(pad_id: int) -> Callable[[list[Row]], dict[str, Tensor]]:
    """Make padded batches of rows."""

    def collate(rows: list[Row]) -> dict[str, Tensor]:
        ids, mask = map(torch.from_numpy, pad_rows([row["input_ids"] for row in rows], pad_id))
        labels = torch.from_numpy(np.stack([row["labels"] for row in rows]))
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    return collate
