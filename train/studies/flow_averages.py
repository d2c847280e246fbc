"""Attention rollout and knock-out of test speakers' clips, averaged by corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.flow import flow
from audiotok.analysis.knockout import PATHS, knockout
from audiotok.classifier import Classifier
from audiotok.prediction import Prediction
from train.corpora.records import Record
from train.studies.intervals import MeanInterval, mean_interval

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ClipFlow:
    """Rollout and knock-out of one clip.

    Attributes
    ----------
    origins : of what the head would read after each layer, the share of words, voice and markers,
        shape ``(n_backbone_layers + 1, 3)``.
    windows : first and last layer of each window of the knock-out, all layers last.
    effects : by path, what the verdict's label loses in each window, shape ``(n_windows,)``; none
        where the verdict is *neutral* or nothing of the voice is read.
    """

    corpus: str
    speaker: str
    origins: Array
    windows: tuple[tuple[int, int], ...]
    effects: dict[str, Array]


@dataclass(frozen=True)
class CorpusFlow:
    """The same, averaged over a corpus.

    Attributes
    ----------
    n_clips, n_speakers : behind ``origins``.
    effects : by path; ``n_cut`` clips are behind them.
    """

    corpus: str
    n_clips: int
    n_speakers: int
    origins: MeanInterval
    windows: tuple[tuple[int, int], ...]
    n_cut: int
    effects: dict[str, MeanInterval]


def clip_flow(classifier: Classifier, record: Record, prediction: Prediction) -> ClipFlow:
    """Follow and cut the attention of one clip; one seed, the nearest to the mean, is cut."""
    effects: dict[str, Array] = {}
    windows: tuple[tuple[int, int], ...] = ()
    verdict = prediction.verdict_text_audio
    if prediction.n_used and verdict in prediction.labels:
        cut = knockout(classifier, prediction)
        windows = cut.windows
        place = cut.labels.index(verdict)
        effects = {
            path: of_path[:, place] for path, of_path in zip(cut.paths, cut.effects, strict=True)
        }
    return ClipFlow(record.corpus, record.speaker, flow(prediction).origins, windows, effects)


def averages(clips: Sequence[ClipFlow]) -> list[CorpusFlow]:
    """Average over the clips of each corpus."""
    found = []
    for corpus in dict.fromkeys(clip.corpus for clip in clips):
        own = [clip for clip in clips if clip.corpus == corpus]
        cut = [clip for clip in own if clip.windows]
        effects = {}
        for path in PATHS:
            having = [clip for clip in cut if path in clip.effects]
            if having:
                values = np.stack([clip.effects[path] for clip in having])
                effects[path] = mean_interval(values, [clip.speaker for clip in having])
        speakers = [clip.speaker for clip in own]
        found.append(
            CorpusFlow(
                corpus,
                len(own),
                len(set(speakers)),
                mean_interval(np.stack([clip.origins for clip in own]), speakers),
                cut[0].windows if cut else (),
                len(cut),
                effects,
            )
        )
    return found


def window_names(windows: Sequence[tuple[int, int]]) -> list[str]:
    """Name windows of layers; the last one is all layers."""
    names = [f"layer {a}" if a == b else f"layers {a} to {b}" for a, b in windows[:-1]]
    return [*names, *(["all"] if windows else [])]
