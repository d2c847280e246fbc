"""What may pull on layer 1 of the codec: functions from waveforms to one target vector a frame.

SpeechTokenizer (Zhang et al., ICLR 2024) distils HuBERT into its first layer. A teacher here is
any function with the same shape, named in the config; the loss is the paper's: for every
dimension, the cosine between target and prediction over time.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torchaudio
from torch import Tensor

from audiotok.audio import SAMPLE_RATE

Teacher = Callable[[Tensor], Tensor]


def cepstra(n_coefficients: int = 20) -> Teacher:
    """Mel cepstra without level and without their mean over the segment (the speaker's share).

    Returns a function from waveforms ``(batch, n_samples)`` to ``(batch, n_frames,
    n_coefficients)``, 50 frames a second.
    """
    transform = torchaudio.transforms.MFCC(
        SAMPLE_RATE,
        n_mfcc=n_coefficients + 1,
        melkwargs={"n_fft": 640, "hop_length": 320, "n_mels": 40},
    )

    def targets(wave: Tensor) -> Tensor:
        coefficients = transform(wave)[:, 1:]  # the first one is the level
        centred = coefficients - coefficients.mean(dim=-1, keepdim=True)
        return centred[..., : wave.shape[-1] // 320].transpose(1, 2)

    return targets


TEACHERS: dict[str, tuple[Callable[[], Teacher], int]] = {"cepstra": (cepstra, 20)}


def distillation_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """SpeechTokenizer's continuous distillation, over the time axis of every dimension.

    Parameters
    ----------
    predicted, target : tensors of shape ``(batch, n_frames, n_dimensions)``.
    """
    cosine = torch.nn.functional.cosine_similarity(predicted, target, dim=1)
    return -torch.log(torch.sigmoid(cosine)).mean()
