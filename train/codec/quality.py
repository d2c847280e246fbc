"""Reconstruction quality of a codec from its first n layers.

Log-mel L1 (``train/log_mel.py``) is what the codec was trained on. STOI (Taal et al. 2011) says how
intelligible speech is, from 0 to 1; PESQ, wideband (ITU-T P.862.2), how good a listener would find
it, from 1 to 4.6. The packages ``pystoi`` and ``pesq`` compute them; without a package its measure
is left out.
"""

from __future__ import annotations

import logging
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.codec import Codec
from audiotok.vocabulary import Codes
from train.codec.log_mel import LogMelDistance

logger = logging.getLogger(__name__)

Measure = Callable[[Samples, Samples], float]
LOG_MEL, STOI, PESQ = "log-mel L1", "STOI", "PESQ"
STOI_OF_NOTHING = 1e-5  # what pystoi gives where too little of a clip sounds


@dataclass(frozen=True)
class Quality:
    """Mean reconstruction quality of some clips.

    Attributes
    ----------
    means : by measure the mean over clips decoded from layers 1 to n, n = 1, 2, …, shape
        ``(n_layers,)``; NaN where no clip could be measured.
    """

    n_clips: int
    seconds: float
    means: Mapping[str, NDArray[np.float64]]


def quality_measures() -> dict[str, Measure]:
    """Return the measures whose packages are installed: functions of a decoded and a clean clip."""
    found: dict[str, Measure] = {LOG_MEL: _log_mel_measure()}
    try:
        from pystoi import stoi

        def judge_stoi(decoded: Samples, clean: Samples) -> float:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                score = float(stoi(clean, decoded, SAMPLE_RATE))
            return score if score > STOI_OF_NOTHING else float("nan")

        found[STOI] = judge_stoi
    except ImportError:
        logger.warning("no STOI: run 'pip install -r train/requirements.txt'")
    try:
        from pesq import PesqError, pesq

        def judge_pesq(decoded: Samples, clean: Samples) -> float:
            on_error = PesqError.RETURN_VALUES  # -1, as for a clip in which nobody speaks
            score = float(pesq(SAMPLE_RATE, clean, decoded, "wb", on_error=on_error))
            return score if score > 0 else float("nan")

        found[PESQ] = judge_pesq
    except ImportError:
        logger.warning("no PESQ: run 'pip install -r train/requirements.txt'")
    return found


def measure_layers(codec: Codec, clips: Sequence[tuple[Samples, Codes]]) -> Quality:
    """Measure clips decoded from layer 1, from layers 1 and 2, and so on, against the original.

    Parameters
    ----------
    clips : waveforms of shape ``(n_samples,)``, at the peak that the codec gives them
        (``Codec.levelled``), and their codes, ``(n_layers, n_frames)``.
    """
    scores: dict[str, list[list[float]]] = defaultdict(list)
    measures = quality_measures()
    for clean, codes in tqdm(clips, desc="rebuild", unit="clip"):
        decoded = [codec.decode(codes, range(1, n + 1)) for n in range(1, codec.n_layers + 1)]
        for name, judge in measures.items():
            pairs = ((wave[: len(clean)], clean[: len(wave)]) for wave in decoded)
            scores[name].append([judge(*pair) for pair in pairs])
    means = {name: _mean(np.array(of_clips)) for name, of_clips in scores.items()}
    seconds = sum(len(clean) for clean, _ in clips) / SAMPLE_RATE
    return Quality(len(clips), seconds, means)


def _log_mel_measure() -> Measure:
    distance = LogMelDistance()

    def judge(decoded: Samples, clean: Samples) -> float:
        pair = (torch.from_numpy(np.ascontiguousarray(wave))[None] for wave in (decoded, clean))
        return float(distance(*pair).item())

    return judge


def _mean(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over clips (rows), ignoring NaN."""
    judged = ~np.isnan(scores)
    n = judged.sum(axis=0)
    total = np.where(judged, scores, 0.0).sum(axis=0)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)
