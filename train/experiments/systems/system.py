"""What every system of the paper's tables is: something that learns from items and gives odds."""

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
from train.evaluation.metrics import METRICS

Array = NDArray[np.float64]
Targets = NDArray[np.int64]
Modality = Literal["text", "audio"]


class Settings(BaseModel):
    """Settings of a system; unknown ones are mistakes."""

    model_config = ConfigDict(extra="forbid")


Wanted = TypeVar("Wanted", bound=Settings)


@dataclass(frozen=True)
class Item:
    """A record and what is to be said of it.

    Attributes
    ----------
    target : zeros and ones, shape ``(n_labels,)``.
    """

    record: Record
    target: Targets


@dataclass(frozen=True)
class Task:
    """What there is to tell apart, and how answers are scored.

    Attributes
    ----------
    metric : a name in ``train.evaluation.metrics.METRICS``.
    """

    name: str
    labels: tuple[str, ...]
    multi_label: bool
    metric: str

    def score(self, probabilities: Array, targets: Targets) -> float:
        """Score answers; both arrays have the shape ``(n, n_labels)``."""
        return METRICS[self.metric](probabilities, targets)


class System(ABC, Generic[Wanted]):
    """A system: ``fit`` and ``predict_proba``.

    Parameters
    ----------
    cache : folder for what frozen encoders make of clips; shared between systems and seeds.
    device : where it computes, as for ``audiotok.device.resolve_device``.

    Attributes
    ----------
    modalities : what the system reads of an item.
    code : modules beside those of its classes that decide its answers.
    Settings : the model of its settings.
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
        """Digests of the weights that it starts from; what it learned is found by other means."""
        return []

    @classmethod
    def modules(cls) -> list[str]:
        """Name the modules whose code decides its answers."""
        own = {each.__module__ for each in cls.__mro__ if each.__module__.startswith("train.")}
        return sorted({*own, *cls.code})

    @abstractmethod
    def fit(
        self, train: Sequence[Item], validation: Sequence[Item], seed: int, folder: Path
    ) -> Self:
        """Learn from items; ``folder`` keeps what a killed run needs to go on.

        All processes call this, and have learned the same when it returns.
        """

    @abstractmethod
    def predict_proba(self, items: Sequence[Item]) -> Array:
        """Give probabilities, shape ``(n_items, n_labels)``; rows sum to 1 for exclusive labels.

        All processes call this, and may share the items.
        """


def targets_of(items: Sequence[Item]) -> Targets:
    """Stack targets to shape ``(n_items, n_labels)``."""
    return np.stack([item.target for item in items])


def texts_of(items: Sequence[Item]) -> list[str]:
    """Give the words of items."""
    return [item.record.text for item in items]
