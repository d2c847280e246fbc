"""What one visitor is looking at: a prediction, what was found out about it, what is chosen."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.ablation import Ablation
from audiotok.analysis.attention import AttentionRows
from audiotok.analysis.attention_map import AttentionMap
from audiotok.analysis.contributions import told_label
from audiotok.analysis.embedding_map import ClipOnMap
from audiotok.analysis.flow import Flow
from audiotok.analysis.knockout import Knockout
from audiotok.analysis.lasso_path import LassoPath
from audiotok.analysis.occlusion import Occlusion
from audiotok.analysis.swap import FlatVoice
from audiotok.prediction import Prediction


@dataclass(frozen=True)
class Analysis:
    """A prediction and what its views have found out so far.

    Attributes
    ----------
    layer, head : of the attention; None is the mean over all.
    n_heads : number of the backbone's layers, and of heads in each; 0 until somebody looked.
    label : that views are about; None is the verdict.
    take : names the take that the prediction is; ids of takes cannot be guessed.
    thumbnails : of every layer's and head's matrix; None until the map is looked at.
    ablation, attention, attention_map, occlusion, flat, flow, knockout, path, clip_on_map : None
        until they are looked at.
    """

    prediction: Prediction
    layer: int | None = None
    head: int | None = None
    label: str | None = None
    n_heads: tuple[int, int] = (0, 0)
    take: str = field(default_factory=lambda: secrets.token_hex(8))
    attention: AttentionRows | None = None
    attention_map: AttentionMap | None = None
    thumbnails: NDArray[np.float32] | None = None
    occlusion: Occlusion | None = None
    ablation: Ablation | None = None
    flat: FlatVoice | None = None
    flow: Flow | None = None
    knockout: Knockout | None = None
    path: LassoPath | None = None
    clip_on_map: ClipOnMap | None = None

    @property
    def told(self) -> str:
        """The label that views are about; the verdict's where the one chosen is not there."""
        if self.label in self.prediction.labels:
            return self.label or ""
        return told_label(self.prediction)

    def of(self, prediction: Prediction) -> Analysis:
        """Return a new analysis with the same choices."""
        return Analysis(prediction, layer=self.layer, head=self.head, label=self.label)
