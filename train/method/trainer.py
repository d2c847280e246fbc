"""transformers' Trainer for pre-training and fine-tuning: early stopping, resumable."""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Sampler
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    ProgressCallback,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
)
from transformers.integrations import TensorBoardCallback
from transformers.trainer_pt_utils import get_length_grouped_indices

from audiotok.device import AUTO
from audiotok.errors import DataError
from train.execution import processes
from train.method.checkpoints import (
    STATE,
    Checkpoints,
    best_of,
    has_stopped,
    newest_usable,
    remove_unneeded,
)

logger = logging.getLogger(__name__)

LOGS = "logs"  # TensorBoard's, beside the folders of the stages


class Progress(ProgressCallback):
    """Progress bar on stderr; metrics go to the log, so stdout holds the result alone."""

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **others: Any) -> None:
        """Log losses and validation metrics."""
        if state.is_world_process_zero:
            logger.info("%s", logs)


class AdapterTrainer(Trainer):
    """Trainer whose checkpoints hold trainable parameters only, without the frozen backbone.

    Attributes
    ----------
    order : sampler of the training rows.
    """

    order: GroupedByLength

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        return self.order

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
        """Suppress the warning on missing keys: frozen parameters are not saved."""


class GroupedByLength(Sampler[int]):
    """Sampler that groups rows of similar length, in an order fixed by seed and epoch alone.

    A run resumed within an epoch must skip exactly the rows that it has trained on, so the order
    may not depend on a generator's state.
    """

    def __init__(self, lengths: list[int], batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Draw the order of an epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        drawn = np.random.default_rng([self.seed, self.epoch]).integers(2**63)
        generator = torch.Generator().manual_seed(int(drawn))
        return iter(get_length_grouped_indices(self.lengths, self.batch_size, generator=generator))


class Epochs(TrainerCallback):
    """Trainer callback that passes the epoch to samplers and data sets."""

    def __init__(self, *parts: Any) -> None:
        self.parts = [part for part in parts if hasattr(part, "set_epoch")]

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Set the epoch to the number of completed ones, also after resuming within one."""
        for part in self.parts:
            part.set_epoch(int(state.epoch or 0))


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
    evaluate_first: bool = False,
    device: str = AUTO,
    compute_metrics: Callable[[Any], dict[str, float]] | None = None,
    trainer_class: type[AdapterTrainer] = AdapterTrainer,
    **trainer_options: Any,
) -> Trainer:
    """Train with early stopping, restore the best weights; resumes from ``folder``'s checkpoint.

    A resumed run gives the same result as an uninterrupted one. Several processes share a
    batch, and only the first returns. TensorBoard, where ``settings.report_to`` names it, writes
    to ``logs`` beside ``folder``.

    Parameters
    ----------
    settings : PretrainConfig or FinetuneConfig.
    train, validation : mappings with ``input_ids``; batches are of similar length. What has
        ``set_epoch`` is told the epoch.
    metric : name of the validation metric; those that end in ``loss`` are minimised.
    device : ``cpu`` to use no GPU; with any other the fastest one available is used.
    evaluate_first : evaluate once before the first step too, as a point of comparison.

    Returns
    -------
    The trainer, its model at the best evaluation; the checkpoints are gone.

    Raises
    ------
    DataError
        When training or validation set is empty, when the GPU runs out of memory (checkpoints
        stay), or when the metric was always NaN.
    WorkerFinishedError
        In all processes but the first, when training has finished.
    """
    check_examples(len(train), len(validation))
    checkpoints = folder / "checkpoints"
    last = newest_usable(checkpoints)
    processes.wait_for_all()
    if processes.is_first():
        remove_unneeded(checkpoints, last)
    arguments = _arguments(settings, checkpoints, len(train), evaluations_an_epoch, device)
    arguments.eval_on_start = evaluate_first and last is None
    arguments.metric_for_best_model = metric
    arguments.greater_is_better = not metric.endswith("loss")
    arguments.seed = arguments.data_seed = seed
    if arguments.bf16 and arguments.use_cpu and hasattr(model, "set_attn_implementation"):
        # The gradient of fused attention takes half of a step there.
        model.set_attn_implementation("eager")
    lengths = [len(row["input_ids"]) for row in train]
    order = GroupedByLength(lengths, arguments.train_batch_size, seed)
    trainer = trainer_class(
        model=model,
        args=arguments,
        train_dataset=train,
        eval_dataset=validation,
        data_collator=collate,
        compute_metrics=compute_metrics,
        callbacks=[EarlyStoppingCallback(settings.patience), Epochs(order, train), Checkpoints()],
        **trainer_options,
    )
    trainer.order = order
    for printing in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(printing)
    trainer.add_callback(Progress)
    _keep_events(trainer, folder.parent / LOGS / folder.name)
    try:
        _train(trainer, last)
    except torch.OutOfMemoryError as error:
        raise DataError(
            f"Batches of {settings.batch_size} need more memory than the GPU has; lower "
            "batch_size, or set gradient_checkpointing or bf16. What is finished was kept."
        ) from error
    if not trainer.state.best_global_step:
        raise DataError(
            f"The validation {metric} was not a number in any evaluation, so there is no best "
            "model; lower learning_rate."
        )
    processes.wait_for_all()
    if not processes.is_first():
        raise processes.WorkerFinishedError
    shutil.rmtree(checkpoints, ignore_errors=True)
    return trainer


def _keep_events(trainer: Trainer, folder: Path) -> None:
    """Set TensorBoard's folder beside the stage's, whose files are its outputs."""
    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, TensorBoardCallback):
            callback.logging_dir = str(folder)


def check_examples(n_train: int, n_validation: int) -> None:
    """Raise DataError where there are no training or no validation examples."""
    if not n_train or not n_validation:
        raise DataError(
            f"Training needs at least one training and one validation example, but there are "
            f"{n_train} and {n_validation}; give the corpora more, or split them otherwise."
        )


def _arguments(
    settings: Any, checkpoints: Path, n_train: int, evaluations_an_epoch: int, device: str
) -> TrainingArguments:
    """Translate our settings into transformers'."""
    batch_size = -(-settings.batch_size // processes.n_processes())
    steps_an_epoch = -(-n_train // (batch_size * processes.n_processes()))
    every = max(1, steps_an_epoch // evaluations_an_epoch)
    bf16 = settings.bf16 and computes_in_bf16()
    wants_cpu = bf16 or processes.n_processes() > 1
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        per_device_train_batch_size=batch_size,
        per_device_eval_batch_size=2 * settings.batch_size,
        warmup_steps=warmup_steps(settings.warmup, math.ceil(settings.epochs * steps_an_epoch)),
        weight_decay=0.0,
        max_grad_norm=1.0,
        lr_scheduler_type="linear",
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=None,  # ``Checkpoints`` removes them
        restore_callback_states_from_checkpoint=True,
        logging_steps=every,
        load_best_model_at_end=True,
        bf16=bf16,
        use_cpu=device == "cpu" or (wants_cpu and not torch.cuda.is_available()),
        train_sampling_strategy="group_by_length",
        report_to=settings.report_to,
        project="audiotok",
        run_name="/".join(checkpoints.parts[-4:-1]),  # such as emotion/finetune/text_only
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=torch.cuda.is_available(),
    )


def warmup_steps(warmup: float, n_steps: int) -> int:
    """Return the number of warm-up steps, given as a number or a share; at most ``n_steps - 1``.

    The first warm-up step has a learning rate of zero.
    """
    wanted = int(warmup) if warmup >= 1 else math.ceil(warmup * n_steps)
    return max(0, min(wanted, n_steps - 1))


def _train(trainer: Trainer, last: Path | None) -> None:
    """Train or resume; a run that has already stopped is not trained further."""
    if last is None or not has_stopped(last):
        trainer.train(resume_from_checkpoint=str(last) if last else None)
        return
    trainer.state = TrainerState.load_from_json(str(last / STATE))
    trainer.state.best_model_checkpoint = str(best_of(last) or last)
    trainer._load_best_model()


def drop_nothing(model: torch.nn.Module) -> None:
    """Set all dropout rates to zero; on CPU the random draws take half of a training step."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0


def computes_in_bf16() -> bool:
    """Return whether the hardware multiplies matrices in bfloat16.

    Emulated it takes several times as long as float32, and by AVX-512 alone twice as long.
    """
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    found = torch.cpu.get_capabilities()
    return any(found.get(name) for name in ("amx_bf16", "bf16"))  # the last is ARM's
