"""What pre-training and fine-tuning share: transformers' Trainer, set up to go on after a kill."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    ProgressCallback,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_utils import get_last_checkpoint

from audiotok.errors import DataError
from train import processes

logger = logging.getLogger(__name__)


class Progress(ProgressCallback):
    """Shows a bar, and logs its figures: what a command prints is its result alone."""

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **others: Any) -> None:
        """Log losses and scores as they come."""
        if state.is_world_process_zero:
            logger.info("%s", logs)


class AdapterTrainer(Trainer):
    """A Trainer whose checkpoints hold what learns: no frozen backbone, no embedding matrix."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        model: Any = self.model
        if hasattr(model, "peft_config"):
            folder = output_dir or self.args.output_dir
            # "auto" would write the embedding matrix too, because it grew by the audio rows.
            model.save_pretrained(folder, save_embedding_layers=False)
            return
        frozen = {name for name, value in model.named_parameters() if not value.requires_grad}
        whole = state_dict or model.state_dict()
        super()._save(output_dir, {name: v for name, v in whole.items() if name not in frozen})

    def _issue_warnings_after_load(self, load_result: Any) -> None:
        """Say nothing: what is frozen is missing on purpose."""


def fit(
    model: Any,
    settings: Any,
    folder: Path,
    train: Sequence[Any],
    validation: Sequence[Any],
    collate: Callable[[list[Any]], dict[str, Any]],
    *,
    seed: int,
    metric: str,
    evaluations_an_epoch: int = 1,
    compute_metrics: Callable[[Any], dict[str, float]] | None = None,
    trainer_class: type[Trainer] = AdapterTrainer,
    **trainer_options: Any,
) -> Trainer:
    """Train with early stopping and keep the best; goes on from a checkpoint in ``folder``.

    Several processes share a batch, and only the first returns.

    Parameters
    ----------
    settings : PretrainConfig or FinetuneConfig.
    train, validation : mappings with ``input_ids``; batches are of similar length.
    metric : name of the validation metric; those that end in ``loss`` are better when smaller.

    Returns
    -------
    The trainer, its model at the best evaluation; the checkpoints are gone.

    Raises
    ------
    DataError
        When the GPU runs out of memory; checkpoints stay.
    HelpedError
        In all processes but the first, when training is over.
    """
    steps_an_epoch = -(-len(train) // settings.batch_size)
    every = max(1, steps_an_epoch // evaluations_an_epoch)
    bf16 = settings.bf16 and computes_in_bf16()
    wants_cpu = bf16 or processes.n_processes() > 1
    arguments = TrainingArguments(
        output_dir=str(folder / "checkpoints"),
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        per_device_train_batch_size=-(-settings.batch_size // processes.n_processes()),
        per_device_eval_batch_size=2 * settings.batch_size,
        warmup_steps=settings.warmup,
        weight_decay=0.0,
        max_grad_norm=1.0,
        lr_scheduler_type="linear",
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        logging_steps=every,
        load_best_model_at_end=True,
        metric_for_best_model=metric,
        greater_is_better=not metric.endswith("loss"),
        bf16=bf16,
        use_cpu=wants_cpu and not torch.cuda.is_available(),
        train_sampling_strategy="group_by_length",
        seed=seed,
        data_seed=seed,
        report_to="none",
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    trainer = trainer_class(
        model=model,
        args=arguments,
        train_dataset=list(train),
        eval_dataset=list(validation),
        data_collator=collate,
        compute_metrics=compute_metrics,
        callbacks=[EarlyStoppingCallback(settings.patience)],
        **trainer_options,
    )
    for printing in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(printing)
    trainer.add_callback(Progress)
    checkpoints = folder / "checkpoints"
    last = get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None
    try:
        trainer.train(resume_from_checkpoint=last)
    except torch.OutOfMemoryError as error:
        raise DataError(
            f"Batches of {settings.batch_size} need more memory than the GPU has; lower "
            "batch_size, or set gradient_checkpointing or bf16. What is finished was kept."
        ) from error
    processes.wait_for_all()
    if not processes.is_first():
        raise processes.HelpedError
    shutil.rmtree(checkpoints, ignore_errors=True)
    return trainer


def drop_nothing(model: torch.nn.Module) -> None:
    """Turn dropout off; on CPU, drawing what to drop takes half of a training step."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0


def computes_in_bf16() -> bool:
    """Tell whether the hardware multiplies matrices in bfloat16.

    Emulated it takes several times as long as float32, and by AVX-512 alone twice as long.
    """
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    found = torch.cpu.get_capabilities()
    return any(found.get(name) for name in ("amx_bf16", "bf16"))  # the last is ARM's
