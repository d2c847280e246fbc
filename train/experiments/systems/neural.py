"""Base class of the neural systems: a module trained with transformers' Trainer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit, softmax
from torch import Tensor, nn

from train.execution import processes
from train.experiments.systems.system import Array, Item, Settings, System
from train.method.finetuning import learn_labels
from train.method.steps import FINETUNING_CODE
from train.settings.base import ReportTo

Row = dict[str, Any]
METRIC = "score"


class LearningSettings(Settings):
    """Training hyperparameters of a neural system; the defaults are the paper's.

    Attributes
    ----------
    patience : evaluations (one an epoch) without a better score before it stops.
    balance : exponent of the class weights: 1 fully balanced, 0 none.
    report_to : tracker that is told losses and scores as they come, beside the log.
    """

    epochs: float = 10
    learning_rate: float = 1e-3
    batch_size: int = 32
    warmup: float = 0.05
    patience: int = 3
    balance: float = 1.0
    bf16: bool = False
    gradient_checkpointing: bool = False
    report_to: ReportTo = "none"


Wanted = TypeVar("Wanted", bound=LearningSettings)


class NeuralSystem(System[Wanted]):
    """A system with a module whose ``forward(**inputs)`` returns an object with ``.logits``.

    Subclasses build the module, turn items into rows, and rows into batches. Parameters that
    require a gradient are trained.
    """

    learns: ClassVar[bool] = True
    code: ClassVar[tuple[str, ...]] = (*System.code, *FINETUNING_CODE)
    Settings: ClassVar[type[Settings]] = LearningSettings

    @abstractmethod
    def _build(self) -> nn.Module:
        """Return the module with its initial weights."""

    @abstractmethod
    def _rows(self, items: Sequence[Item]) -> list[Row]:
        """Return the inputs of each item; ``input_ids`` is used to group similar lengths."""

    @abstractmethod
    def _collate(self, rows: Sequence[Row]) -> dict[str, Tensor]:
        """Pad rows to a batch."""

    def fit(
        self, train: Sequence[Item], validation: Sequence[Item], seed: int, folder: Path
    ) -> Self:
        """Train with early stopping; keeps the epoch with the best validation score."""
        torch.manual_seed(seed)
        self._module = self._build()
        learned_from, checked_on = self._labelled(train), self._labelled(validation)
        with suppress(
            processes.WorkerFinishedError
        ):  # all have the best weights, and help to predict
            learn_labels(
                self._module,
                self.settings,
                folder,
                learned_from,
                checked_on,
                self._collate_labelled,
                seed=seed,
                multi_label=self.task.multi_label,
                metric=METRIC,
                score=lambda logits, targets: self.task.score(self._odds(logits), targets),
                device=str(self.device),
            )
        return self

    @torch.inference_mode()
    def predict_proba(self, items: Sequence[Item]) -> Array:
        """Return probabilities, shape ``(n_items, n_labels)``."""
        device = place(self._module, self.device)
        self._module.eval()
        rows = self._rows(items)
        order = np.argsort([len(row["input_ids"]) for row in rows], kind="stable")
        size = self.settings.batch_size
        batches = [order[first : first + size] for first in range(0, len(order), size)]

        def read(chosen: NDArray[np.int64]) -> Array:
            batch = self._collate([rows[i] for i in chosen])
            found = self._module(**{name: value.to(device) for name, value in batch.items()})
            return np.asarray(found.logits.float().cpu().numpy())

        logits = np.zeros((len(items), len(self.task.labels)))
        for chosen, found in zip(batches, processes.share(batches, read, "predict"), strict=True):
            logits[chosen] = found
        return self._odds(logits)

    def _odds(self, logits: Array) -> Array:
        return np.asarray(expit(logits) if self.task.multi_label else softmax(logits, axis=-1))

    def _labelled(self, items: Sequence[Item]) -> list[Row]:
        rows = self._rows(items)
        return [row | {"labels": i.target} for row, i in zip(rows, items, strict=True)]

    def _collate_labelled(self, rows: list[Row]) -> dict[str, Tensor]:
        inputs = [{k: v for k, v in row.items() if k != "labels"} for row in rows]
        labels = torch.from_numpy(np.stack([row["labels"] for row in rows]))
        return self._collate(inputs) | {"labels": labels}


def place(module: nn.Module, device: torch.device) -> torch.device:
    """Move a module to ``device`` unless it is there (4-bit ones must be); returns its device."""
    lies = next(module.parameters()).device
    if lies.type != device.type or device.index not in (None, lies.index):
        module.to(device)
    return next(module.parameters()).device


def pad(arrays: Sequence[Any], value: float = 0) -> tuple[Tensor, Tensor]:
    """Stack arrays of different lengths, each ``(n, ...)``, padded with ``value``.

    Returns
    -------
    the padded batch ``(n_arrays, longest, ...)``, and a mask ``(n_arrays, longest)``, 1 where it
    is not padding.
    """
    tensors = [torch.as_tensor(array) for array in arrays]
    mask = nn.utils.rnn.pad_sequence(
        [torch.ones(len(t), dtype=torch.long) for t in tensors], batch_first=True
    )
    return nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=value), mask
