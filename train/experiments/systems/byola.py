"""BYOL-A (Niizumi et al. 2021, 2023): a clip embedding, read by a text model as one token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
import torchaudio
from numpy.typing import NDArray
from torch import Tensor, nn

from audiotok.audio import SAMPLE_RATE, Samples
from audiotok.errors import DataError
from train.encoding.features import HEARING_CODE, FeatureCache
from train.execution.file_digests import file_digest
from train.experiments.systems.neural import Row, place
from train.experiments.systems.system import Item, Modality, Settings
from train.experiments.systems.text import TextModel, TextSettings, build_text_model

N_MELS = 64
N_CHANNELS = 64
WRAPPERS = ("model", "state_dict")


class ByolA(nn.Module):
    """The published encoder: convolutions over log-mels, then an MLP on each time step.

    Parameters
    ----------
    n_blocks : 3 in AudioNTT2020 (IJCNN 2021), 2 in AudioNTT2022 (TASLP 2023).
    width : units of the linear layers.
    stacked : whether a time step is the convolutions' output beside the linear layers'
        (AudioNTT2022), or the latter alone.
    """

    def __init__(self, n_blocks: int, width: int, stacked: bool) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for block in range(n_blocks):
            blocks += [
                nn.Conv2d(1 if block == 0 else N_CHANNELS, N_CHANNELS, 3, padding=1),
                nn.BatchNorm2d(N_CHANNELS),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
        self.features = nn.Sequential(*blocks)
        n_flat = N_CHANNELS * N_MELS // 2**n_blocks
        self.fc = nn.Sequential(
            nn.Linear(n_flat, width),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(width, width),
            nn.ReLU(),
        )
        self.stacked = stacked
        self.dimension = width + (n_flat if stacked else 0)
        self.shortest = 2**n_blocks  # mel frames that give one time step

    def forward(self, mels: Tensor) -> Tensor:
        """Map normalised log-mels ``(batch, 64, n_frames)`` to vectors ``(batch, dimension)``."""
        found = self.features(mels[:, None])  # (batch, channel, mel, time)
        flat = found.permute(0, 3, 2, 1).flatten(start_dim=2)
        steps = self.fc(flat)
        if self.stacked:
            steps = torch.cat([flat, steps], dim=-1)
        return steps.max(dim=1).values + steps.mean(dim=1)


def load_byola(path: Path) -> ByolA:
    """Load a published checkpoint, telling the two architectures apart by their layers.

    Raises
    ------
    DataError
        When the file is missing or holds neither of them.
    """
    if not path.is_file():
        raise DataError(
            f"There is no BYOL-A checkpoint at '{path}'; its licence forbids shipping it, so "
            "download AudioNTT2020 or AudioNTT2022 from its authors and name the file."
        )
    try:
        state: Any = torch.load(path, map_location="cpu", weights_only=True)
        for wrapper in WRAPPERS:
            state = state.get(wrapper, state)
        state = {name.removeprefix("model."): value for name, value in state.items()}
        return _fitting(state)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise DataError(f"'{path}' is no BYOL-A checkpoint: {reason}") from error


def _fitting(state: Mapping[str, Tensor]) -> ByolA:
    is_2020 = "features.8.weight" in state
    model = ByolA(3 if is_2020 else 2, state["fc.0.weight"].shape[0], stacked=not is_2020)
    model.load_state_dict(state)
    return model.eval()


def log_mel(samples: Samples) -> NDArray[np.float32]:
    """Return BYOL-A's log-mel spectrogram, ``(64, n_frames)``, of a clip ``(n_samples,)``."""
    transform = torchaudio.transforms.MelSpectrogram(
        SAMPLE_RATE,
        n_fft=1024,
        win_length=1024,
        hop_length=160,
        f_min=60,
        f_max=7800,
        n_mels=N_MELS,
        mel_scale="htk",
        power=2,
    )
    mels = transform(torch.from_numpy(samples))
    return np.asarray((mels + torch.finfo(torch.float32).eps).log().numpy(), np.float32)


class ByolASettings(TextSettings):
    """Settings of a text model with a BYOL-A vector.

    Attributes
    ----------
    checkpoint : file with the published weights.
    """

    checkpoint: Path


class TextModelWithByolA(TextModel):
    """A text model that reads the clip's BYOL-A vector as one more token, linearly projected."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({"text", "audio"})
    code: ClassVar[tuple[str, ...]] = (*TextModel.code, *HEARING_CODE)
    Settings: ClassVar[type[Settings]] = ByolASettings
    settings: ByolASettings

    @property
    def models(self) -> list[str]:
        """Digests of the text model and of BYOL-A."""
        load_byola(self.settings.checkpoint)  # says what is wrong with it
        return [*super().models, file_digest(self.settings.checkpoint)]

    def fit(
        self, train: Sequence[Item], validation: Sequence[Item], seed: int, folder: Path
    ) -> Self:
        """Train; log-mels are normalised by the training clips' mean and standard deviation."""
        mels = FeatureCache(self.cache, "byol-a log-mel", log_mel)
        sums = np.zeros(3)
        for found in mels.each([item.clip for item in train]):
            of_clip = found.astype(np.float64)
            sums += of_clip.size, of_clip.sum(), np.square(of_clip).sum()
        mean = sums[1] / sums[0]
        self._norm = (float(mean), float(np.sqrt(sums[2] / sums[0] - mean**2)))
        return super().fit(train, validation, seed, folder)

    def _build(self) -> nn.Module:
        self._byola = load_byola(self.settings.checkpoint)
        model = build_text_model(self.settings, len(self.task.labels))
        module = _WithVectorToken(model, self._byola.dimension)
        return module

    def _rows(self, items: Sequence[Item]) -> list[Row]:
        module: Any = self._module
        mean, deviation = self._norm
        device = place(self._byola, self.device)

        @torch.inference_mode()
        def vector(samples: Samples) -> NDArray[np.float32]:
            mels = (log_mel(samples) - mean) / deviation
            short = max(0, self._byola.shortest - mels.shape[1])
            mels = np.pad(mels, ((0, 0), (0, short)))
            found = self._byola(torch.from_numpy(mels)[None].to(device))[0]
            return np.asarray(found.cpu().numpy(), np.float32)

        name = ["byol-a", file_digest(self.settings.checkpoint), mean, deviation]
        vectors = FeatureCache(self.cache, name, vector).of([item.clip for item in items])
        extra = module.text_embedding.matrix.num_embeddings
        return [
            {"input_ids": [*row["input_ids"], extra], "vectors": found}
            for row, found in zip(super()._rows(items), vectors, strict=True)
        ]

    def _collate(self, rows: Sequence[Row]) -> dict[str, Tensor]:
        vectors = torch.from_numpy(np.stack([row["vectors"] for row in rows]))
        return super()._collate(rows) | {"vectors": vectors}


class _WithVectorToken(nn.Module):
    """A text classifier in which the first id after its vocabulary is the projected vector."""

    def __init__(self, model: Any, dimension: int) -> None:
        super().__init__()
        model.set_input_embeddings(_EmbeddingOrVector(model.get_input_embeddings()))
        self.model = model
        width = self.text_embedding.matrix.embedding_dim
        self.projection = nn.Linear(dimension, width)

    @property
    def text_embedding(self) -> _EmbeddingOrVector:
        """The text model's input embedding."""
        found: _EmbeddingOrVector = self.model.get_input_embeddings()
        return found

    def forward(self, input_ids: Tensor, attention_mask: Tensor, vectors: Tensor) -> Any:
        """Classify ids ``(batch, n)``, one of them the vector's, with ``(batch, dimension)``."""
        self.text_embedding.extra = self.projection(vectors)
        return self.model(input_ids=input_ids, attention_mask=attention_mask)


class _EmbeddingOrVector(nn.Module):
    extra: Tensor  # what the next forward pass reads at the extra id, shape (batch, dimension)

    def __init__(self, matrix: nn.Embedding) -> None:
        super().__init__()
        self.matrix = matrix

    @property
    def weight(self) -> Tensor:
        """The embedding matrix, which transformers accesses."""
        return self.matrix.weight

    def forward(self, ids: Tensor) -> Tensor:
        """Embed ids; the first id after the matrix gives the row's projected vector."""
        is_extra = ids >= self.matrix.num_embeddings
        found = self.matrix(ids.masked_fill(is_extra, 0))
        return torch.where(is_extra[..., None], self.extra[:, None].to(found.dtype), found)
