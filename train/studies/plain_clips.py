"""Codes and targets of a task's clips as recorded, for token probes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiotok.vocabulary import Codes
from train.bundles.task_data import TaskData
from train.encoding.clip_variants import ClipVariant
from train.evaluation.token_probe import Clips


def as_recorded(data: TaskData, split: str) -> dict[str, Clips]:
    """Return codes and targets of a split's clips as recorded, by corpus."""
    found: dict[str, tuple[list[Codes], list[NDArray[np.int64]]]] = {}
    for variant, target in zip(*data.labelled_variants(split), strict=True):
        if variant == ClipVariant(variant.record):
            codes, targets = found.setdefault(variant.record.corpus, ([], []))
            codes.append(data.encoded.codes[variant])
            targets.append(target)
    return {corpus: (codes, np.stack(targets)) for corpus, (codes, targets) in found.items()}


def together(by_corpus: dict[str, Clips]) -> Clips:
    """Return the clips of all corpora concatenated."""
    codes, targets = zip(*by_corpus.values(), strict=True)
    return [each for of_corpus in codes for each in of_corpus], np.concatenate(targets)
