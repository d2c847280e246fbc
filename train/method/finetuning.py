"""Step 3 of the method: fine-tune LoRA, the head and the audio rows of a frozen backbone."""

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
from train.method.trainer import AdapterTrainer, check_examples, drop_nothing, fit
from train.settings.steps import FinetuneConfig

Ids = NDArray[np.int64]
Score = Callable[[NDArray[np.float64], NDArray[np.int64]], float]
METRIC = "macro_f1"


class LoraSettings(Protocol):
    """Hyperparameters of LoRA; ``targets`` None takes peft's default modules."""

    @property
    def rank(self) -> int | None: ...
    @property
    def alpha(self) -> int: ...
    @property
    def dropout(self) -> float: ...
    @property
    def targets(self) -> list[str] | None: ...


class Row(TypedDict):
    """Inputs of one example: ``input_ids``, and ``labels``, between 0 and 1, ``(n_labels,)``."""

    input_ids: Ids
    labels: NDArray[np.int64] | NDArray[np.float64]


class BalancedTrainer(AdapterTrainer):
    """Trainer with class-weighted cross-entropy, binary for multi-label tasks."""

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
        """Return the class-weighted loss of a batch, a scalar; see ``balanced_loss``."""
        labels = inputs["labels"]
        output = model(**{name: value for name, value in inputs.items() if name != "labels"})
        logits, weights = output.logits.float(), self.weights.to(output.logits.device)
        loss = balanced_loss(logits, labels.float(), weights, multi_label=self.multi_label)
        return (loss, {"loss": loss, "logits": output.logits}) if return_outputs else loss


def balanced_loss(logits: Tensor, labels: Tensor, weights: Tensor, *, multi_label: bool) -> Tensor:
    """Return the class-weighted cross-entropy, binary for multi-label tasks; a scalar.

    A row without a label is neutral: all zeros, or a uniform target for exclusive labels. Labels
    that are NaN, which only multi-label tasks have, do not count.

    Parameters
    ----------
    logits, labels : shape ``(n, n_labels)``; labels are zeros and ones.
    weights : shape ``(n_labels,)``, as ``class_weights`` gives them.
    """
    if multi_label:
        known = ~labels.isnan()
        losses = functional.binary_cross_entropy_with_logits(
            logits, labels.nan_to_num(), pos_weight=weights, reduction="none"
        )
        return (losses * known).sum() / known.sum().clamp(min=1)
    is_neutral = (labels == 0).all(dim=1)
    shares = torch.where(is_neutral[:, None], 1 / labels.shape[1], labels)
    of_rows = torch.where(is_neutral, 1.0, labels @ weights)
    losses = functional.cross_entropy(logits, shares, reduction="none")
    return (of_rows * losses).sum() / of_rows.sum()


def class_weights(
    targets: NDArray[np.int64], *, multi_label: bool, balance: float
) -> NDArray[np.float64]:
    """Return inverse-frequency class weights, ``(n_labels,)``, to the power of ``balance``.

    Multi-label: for each label negatives over positives, of the rows that are not NaN.
    Single-label: scikit-learn's "balanced", ``n / (n_classes * n_of_class)``.
    """
    n_positive = np.maximum(np.nansum(targets, axis=0), 1)
    if multi_label:
        full = ((~np.isnan(targets)).sum(axis=0) - n_positive) / n_positive
    else:
        full = len(targets) / (targets.shape[1] * n_positive)
    return np.asarray(np.maximum(full, 1e-3) ** balance)


def lora_model(base: Any, settings: LoraSettings, adapter_name: str = "default") -> Any:
    """Add LoRA to a sequence classifier; its head and the audio rows are trained too.

    Without a rank all parameters are trained.
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


def adaptable_classifier(
    hub_id: str,
    n_labels: int,
    settings: LoraSettings,
    rows: Tensor | None = None,
    *,
    backbone_dropout: bool = True,
    gradient_checkpointing: bool = False,
    **loading: Any,
) -> Any:
    """Load a backbone as a classifier in which LoRA, the head and the audio rows are trainable.

    Parameters
    ----------
    rows : initial audio embedding rows, shape ``(n_markers + n_tokens, dimension)``; none for a
        model that reads text alone.
    backbone_dropout : whether the backbone's own dropout is active.
    loading : options of ``from_pretrained``.
    """
    base = backbone.load_classifier(hub_id, n_labels, backbone.load_tokenizer(hub_id), **loading)
    if rows is not None:
        backbone.add_rows(base, rows)
    if not backbone_dropout:
        drop_nothing(base)
    if gradient_checkpointing:
        base.activation_checkpointing_enable()
        base.enable_input_require_grads()
    return lora_model(base, settings)


def learn_labels(
    model: Any,
    settings: Any,
    folder: Path,
    train: Sequence[Any],
    validation: Sequence[Any],
    collate: Callable[[list[Any]], dict[str, Tensor]],
    *,
    seed: int,
    multi_label: bool,
    metric: str,
    score: Score,
    device: str = AUTO,
) -> Any:
    """Train a classifier with class-weighted loss; resumes from a checkpoint in ``folder``.

    Parameters
    ----------
    settings : of the training, with the exponent ``balance`` of the class weights.
    train, validation : mappings with ``input_ids`` and ``labels``, zeros and ones ``(n_labels,)``.
    metric, score : name of the validation metric that selects the best checkpoint, and its
        function of logits and labels, both ``(n, n_labels)``.

    Returns
    -------
    The trainer, its model at the best evaluation; it has the class ``weights``.

    Raises
    ------
    DataError, WorkerFinishedError
        As ``train.method.trainer.fit``.
    """
    check_examples(len(train), len(validation))
    targets = np.stack([row["labels"] for row in train])
    weights = class_weights(targets, multi_label=multi_label, balance=settings.balance)
    return fit(
        model,
        settings,
        folder,
        train,
        validation,
        collate,
        seed=seed,
        device=device,
        metric=metric,
        compute_metrics=lambda found: {
            metric: score(np.asarray(found.predictions), np.asarray(found.label_ids))
        },
        trainer_class=BalancedTrainer,
        weights=torch.from_numpy(weights).float(),
        multi_label=multi_label,
    )


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
    macro_f1: Score,
    start: Adapter | None = None,
    device: str = AUTO,
) -> tuple[Adapter, dict[str, Any]]:
    """Fine-tune one adapter; resumes from a checkpoint in ``folder``.

    Parameters
    ----------
    rows : initial audio embedding rows, shape ``(n_markers + n_tokens, dimension)``.
    macro_f1 : metric that selects the best checkpoint, of logits and labels ``(n, n_labels)``.
    start : adapter of the same shape to initialise from, such as the text-only one.

    Returns
    -------
    The adapter at its best validation macro-F1, and the facts of the run.
    """
    from peft import set_peft_model_state_dict

    check_examples(len(train), len(validation))
    torch.manual_seed(seed)
    n_labels = len(train[0]["labels"])
    model = adaptable_classifier(
        hub_id, n_labels, settings, rows, backbone_dropout=settings.backbone_dropout
    )
    if start is not None:
        set_peft_model_state_dict(model, start.state)
    trainer = learn_labels(
        model,
        settings,
        folder,
        train,
        validation,
        row_collator(backbone.load_tokenizer(hub_id).pad_token_id),
        seed=seed,
        multi_label=multi_label,
        metric=METRIC,
        score=macro_f1,
        device=device,
    )
    return adapter_of(model), {
        "n_train": len(train),
        "n_validation": len(validation),
        "class_weights": [round(weight, 3) for weight in trainer.weights.tolist()],
        f"best_{METRIC}": trainer.state.best_metric,
        "n_steps": trainer.state.global_step,
    }


def adapter_of(model: Any, name: str = "default") -> Adapter:
    """Extract LoRA, head and audio rows from a peft model, without the backbone's weights."""
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
    """Return a collator that pads rows to batches."""

    def collate(rows: list[Row]) -> dict[str, Tensor]:
        ids, mask = map(torch.from_numpy, pad_rows([row["input_ids"] for row in rows], pad_id))
        labels = torch.from_numpy(np.stack([row["labels"] for row in rows]))
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    return collate
