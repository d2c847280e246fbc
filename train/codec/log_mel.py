"""Multi-resolution log-mel distance of waveforms."""

from __future__ import annotations

import torch
import torchaudio
from torch import Tensor

from audiotok.audio import SAMPLE_RATE

SCALES = ((512, 40), (1024, 64), (2048, 80))  # (n_fft in samples, number of mels)


class LogMelDistance(torch.nn.Module):
    """Mean absolute difference of log-mel spectrograms, averaged over three window lengths."""

    def __init__(self) -> None:
        super().__init__()
        self.spectrograms = torch.nn.ModuleList(
            torchaudio.transforms.MelSpectrogram(
                SAMPLE_RATE, n_fft=n_fft, hop_length=n_fft // 4, n_mels=n_mels, power=1
            )
            for n_fft, n_mels in SCALES
        )

    def forward(self, wave: Tensor, target: Tensor) -> Tensor:
        """Return the distance of two batches of waveforms, ``(batch, n_samples)``; a scalar."""
        distances = [
            torch.nn.functional.l1_loss(
                torch.log(spectrogram(wave) + 1e-3), torch.log(spectrogram(target) + 1e-3)
            )
            for spectrogram in self.spectrograms
        ]
        return torch.stack(distances).mean()
