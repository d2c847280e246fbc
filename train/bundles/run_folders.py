"""Where the stages of a run keep what they made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from audiotok.bag_of_tokens import BagOfTokens
from audiotok.bundle import BAG, Adapter, Twin, read_adapter, read_bag
from audiotok.vocabulary import AudioVocabulary
from train.execution.json_files import read_json

VOCABULARY, ROWS, REPORT, BUNDLE = "vocabulary.json", "rows.safetensors", "report.json", "bundle"


@dataclass(frozen=True)
class RunFolders:
    """The folders of a run, one a stage, and readers of what lies in them."""

    work: Path

    def of(self, stage: str) -> Path:
        """The folder of a stage that is one alone."""
        return self.work / stage

    def adapter(self, twin: Twin, seed: int) -> Path:
        """The folder of a fine-tuned adapter."""
        return self.work / "finetune" / twin / f"seed_{seed}"

    def bundle(self, stage: str) -> Path:
        """The folder of the bundle that ``evaluate`` or ``ship`` made."""
        return self.of(stage) / BUNDLE

    def report(self, stage: str) -> Any:
        """What a stage reports."""
        return read_json(self.of(stage) / REPORT)

    def read_vocabulary(self) -> AudioVocabulary:
        """The selected tokens."""
        return AudioVocabulary.load(self.of("select") / VOCABULARY)

    def read_rows(self) -> torch.Tensor:
        """The pre-trained rows, shape ``(n_markers + n_tokens, dimension)``."""
        return load_file(self.of("pretrain") / ROWS)["rows"]

    def read_adapter(self, twin: Twin, seed: int) -> Adapter:
        """A fine-tuned adapter."""
        return read_adapter(self.adapter(twin, seed))

    def read_bag(self, stage: str = "bag") -> BagOfTokens:
        """The reader of all tokens that ``bag`` or ``ship`` fitted."""
        return read_bag(self.of(stage) / BAG)
