"""Settings of the speech codec."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from audiotok.device import AUTO
from train.settings.base import Strict
from train.settings.corpora import CorpusConfig


class NoiseRobustTrainingConfig(Strict):
    """Settings of the encoder's noise-robust training.

    Attributes
    ----------
    learning_rate : peak value, after a warm-up of a tenth of the steps.
    """

    steps: int
    batch_size: int = 8
    segment_s: float = 3.0
    learning_rate: float = 5e-4
    seed: int = 42


class CodecConfig(Strict):
    """Config of the speech codec.

    Attributes
    ----------
    teachers : keys of ``audiotok.acoustics.measures.MEASURES``, the first for layer 1; none gives
        a plain residual quantizer.
    speeds : factors by which every clip is resampled, which change its pitch too.
    noise_share, snr_db : share of the segments with added noise, and its range of SNR.
    whitening : 0 leaves the untaught latents' variances as they are, 1 makes them equal.
    revive_below : share of the mean use under which a code is replaced by a latent of the batch,
        every ``revive_every`` steps until ``revive_share`` of all steps.
    noise_robust_training : None leaves the encoder as it is.
    note : further text for the card.
    device : ``auto``, ``cuda``, ``mps`` or ``cpu``.
    """

    data_dir: Path
    out: Path
    work: Path
    corpora: list[CorpusConfig]
    device: str = AUTO
    model: dict[str, Any]
    teachers: tuple[Literal["content", "pitch", "energy", "quality"], ...] = ()
    speeds: tuple[float, ...] = (1.0,)
    teacher_weight: float = 1.0
    noise_share: float = 0.0
    snr_db: tuple[float, float] = (5.0, 30.0)
    steps: int = 20_000
    autoencoder_share: float = 0.4
    batch_size: int = 16
    segment_s: float = 0.64
    learning_rate: float = 1e-3
    commitment_weight: float = 0.5
    waveform_weight: float = 0.1
    kmeans_frames: int = 15_000
    whitening: float = 0.75
    revive_every: int = 100
    revive_below: float = 0.06
    revive_share: float = 0.95
    noise_robust_training: NoiseRobustTrainingConfig | None = None
    checkpoint_every: int = 500
    seed: int = 42
    note: str = ""
