"""Folders of a run's stages, and readers of their outputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiotok.bag_of_tokens import BagOfTokens
from audiotok.bundle import Twin
from audiotok.bundle_weights import BAG, PROBE, Adapter, read_adapter, read_bag, read_probe
from audiotok.encoder_probe import EncoderProbe
from audiotok.token_profiles import TokenProfiles, read_profiles
from audiotok.vocabulary import AudioVocabulary
from train.execution.json_files import read_json
from train.method import steps
from train.method.steps import REPORT

if TYPE_CHECKING:
    from torch import Tensor

BUNDLE, PROFILE = "bundle", "profile"


@dataclass(frozen=True)
class RunFolders:
    """The folders of a run, one a stage, and readers of their outputs."""

    work: Path

    def of(self, stage: str) -> Path:
        """The folder of a stage without twin and seed."""
        return self.work / stage

    def adapter(self, twin: Twin, seed: int) -> Path:
        """The folder of a fine-tuned adapter."""
        return self.work / "finetune" / twin / f"seed_{seed}"

    def bundle(self, stage: str) -> Path:
        """The folder of the bundle that ``evaluate`` or ``ship`` made."""
        return self.of(stage) / BUNDLE

    def report(self, stage: str) -> Any:
        """The report of a stage."""
        return read_json(self.of(stage) / REPORT)

    def read_vocabulary(self) -> AudioVocabulary:
        """The selected tokens."""
        return steps.read_vocabulary(self.work)

    def read_profiles(self) -> TokenProfiles | None:
        """What the selected tokens sound like."""
        return read_profiles(self.of(PROFILE))

    def read_rows(self) -> Tensor:
        """The pre-trained rows, shape ``(n_markers + n_tokens, dimension)``."""
        return steps.read_rows(self.work)

    def read_adapter(self, twin: Twin, seed: int) -> Adapter:
        """A fine-tuned adapter."""
        return read_adapter(self.adapter(twin, seed))

    def read_bag(self, stage: str = "bag") -> BagOfTokens:
        """The bag of tokens that ``bag`` or ``ship`` fitted."""
        return read_bag(self.of(stage) / BAG)

    def read_probe(self, stage: str = "encoder-probe") -> EncoderProbe:
        """The probe of the speech encoder that ``encoder-probe`` or ``ship`` fitted."""
        return read_probe(self.of(stage) / PROBE)
