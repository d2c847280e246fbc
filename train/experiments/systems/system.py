"""Interface of the systems of the paper's tables: ``fit`` and ``predict_proba``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from audiotok.device import AUTO, resolve_device
from train.corpora.records import Record
from train.encoding.clip_variants import ClipVariant
from train.evaluation.metrics import METRICS

Array = NDArray[np.float64]
Targets = NDArray[np.int64]
Modality = Literal["text", "audio"]


class Settings(BaseModel):
    """Settings of a system; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


Wanted = TypeVar("Wanted", bound=Settings)


@dataclass(frozen=True)
class Item:
    """A record with its target.

    Attributes
    ----------
    target : zeros and ones, shape ``(n_labels,)``.
    """

    record: Record
    target: Targets

    @property
    def clip(self) -> ClipVariant:
        """The record's clip as recorded."""
        return ClipVariant(self.record)


@dataclass(frozen=True)
class Task:
    """The labels of a task, and its metric.

    Attributes
    ----------
    metric : a name in ``train.evaluation.metrics.METRICS``.
    """

    name: str
    labels: tuple[str, ...]
    multi_label: bool
    metric: str

    def score(self, probabilities: Array, targets: Targets) -> float:
        """Return the metric's value; both arrays have the shape ``(n, n_labels)``."""
        return METRICS[self.metric](probabilities, targets)


class System(ABC, Generic[Wanted]):
    """A classifier of items: ``fit`` and ``predict_proba``.

    Parameters
    ----------
    cache : folder for features of frozen encoders, shared between systems and seeds.
    device : torch device, as for ``audiotok.device.resolve_device``.

    Attributes
    ----------
    modalities : ``text``, ``audio`` or both: what the system reads of an item.
    code : modules, beside those of its classes, that its predictions depend on.
    Settings : the pydantic model of its settings.
    """

    modalities: ClassVar[frozenset[Modality]]
    code: ClassVar[tuple[str, ...]] = ("train.evaluation.metrics",)
    Settings: ClassVar[type[Settings]] = Settings

    def __init__(self, task: Task, settings: Wanted, cache: Path, device: str = AUTO) -> None:
        self.task = task
        self.settings = settings
        self.cache = cache
        self.device = resolve_device(device)

    @property
    def models(self) -> list[str]:
        """Digests of the pre-trained weights."""
        return []

    @classmethod
    def modules(cls) -> list[str]:
        """Return the names of the modules that its predictions depend on."""
        own = {each.__module__ for each in cls.__mro__ if each.__module__.startswith("train.")}
        return sorted({*own, *cls.code})

    @abstractmethod
    def fit(
        self, train: Sequence[Item], validation: Sequence[Item], seed: int, folder: Path
    ) -> Self:
        """Train on items; ``folder`` keeps checkpoints to resume from.

        All processes call this, and have the same weights when it returns.
        """

    @abstractmethod
    def predict_proba(self, items: Sequence[Item]) -> Array:
        """Return probabilities, shape ``(n_items, n_labels)``; exclusive labels sum to 1.

        All processes call this, and may share the items.
        """


def targets_of(items: Sequence[Item]) -> Targets:
    """Stack targets to shape ``(n_items, n_labels)``."""
    return np.stack([item.target for item in items])


def texts_of(items: Sequence[Item]) -> list[str]:
    """Return the texts of items."""
    return [item.record.text for item in items]
