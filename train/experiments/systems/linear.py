"""Logistic regression on bag of words, on mean MFCC, and on both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import librosa
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from audiotok.audio import SAMPLE_RATE, Samples
from train.encoding.features import HEARING_CODE, FeatureCache
from train.experiments.systems.system import (
    Array,
    Item,
    Modality,
    Settings,
    System,
    Targets,
    targets_of,
    texts_of,
)
from train.method.class_rows import row_per_class

N_MFCC = 25
HOP_S = 0.01
WINDOW_S = 0.025


class LinearSettings(Settings):
    """Settings of a classical baseline.

    Attributes
    ----------
    C : inverse strengths of the L2 penalty to choose from, on validation data.
    """

    C: tuple[float, ...] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


class _Linear(System[LinearSettings]):
    """Logistic regression on scaled columns of words, of audio, or of both."""

    code: ClassVar[tuple[str, ...]] = (*System.code, "train.method.class_rows")
    Settings: ClassVar[type[Settings]] = LinearSettings

    @cached_property
    def _mfcc(self) -> FeatureCache:
        return FeatureCache(self.cache, ["mfcc", N_MFCC, HOP_S, WINDOW_S], mean_mfcc)

    def fit(
        self, train: Sequence[Item], validation: Sequence[Item], seed: int, folder: Path
    ) -> Self:
        """Fit for each ``C`` and keep the fit with the best validation score."""
        self._words = CountVectorizer()
        self._coefficients, self._intercept = np.zeros((0, 0)), np.zeros(0)
        if "text" in self.modalities:
            self._words.fit(texts_of(train))
        columns = self._columns(train)
        # Not centred, so that counts stay sparse; the intercept takes the means.
        second, first = columns.power(2).mean(axis=0), np.square(columns.mean(axis=0))
        deviation = np.sqrt(np.maximum(np.asarray(second - first).ravel(), 0))
        self._scale = np.where(deviation > 0, deviation, 1.0)
        truth, wanted = targets_of(train), targets_of(validation)
        scored = []
        for C in self.settings.C:
            self._fit_weights(columns @ sp.diags_array(1 / self._scale), truth, C, seed)
            found = self.predict_proba(validation)
            scored.append((self.task.score(found, wanted), -C, self._coefficients, self._intercept))
        _, _, self._coefficients, self._intercept = max(scored, key=lambda s: s[:2])
        return self

    def predict_proba(self, items: Sequence[Item]) -> Array:
        """Return probabilities, shape ``(n_items, n_labels)``."""
        columns = self._columns(items) @ sp.diags_array(1 / self._scale)
        logits = columns @ self._coefficients.T + self._intercept
        return np.asarray(expit(logits) if self.task.multi_label else softmax(logits, axis=1))

    def _columns(self, items: Sequence[Item]) -> sp.csr_array:
        parts: list[Any] = []
        if "text" in self.modalities:
            parts.append(self._words.transform(texts_of(items)))
        if "audio" in self.modalities:
            parts.append(sp.csr_array(np.stack(self._mfcc.of([item.clip for item in items]))))
        return sp.csr_array(sp.hstack(parts, format="csr"), dtype=np.float64)

    def _fit_weights(self, columns: Any, truth: Targets, C: float, seed: int) -> None:
        def learn(classes: NDArray[np.int64]) -> LogisticRegression:
            model = LogisticRegression(
                C=C, class_weight="balanced", max_iter=1000, random_state=seed
            )
            return model.fit(columns, classes)

        n_labels = len(self.task.labels)
        self._coefficients = np.zeros((n_labels, columns.shape[1]))
        # A label that no example has is never said.
        self._intercept = np.full(n_labels, -30.0)
        if self.task.multi_label:
            for label in range(n_labels):
                if 0 < truth[:, label].sum() < len(truth):
                    model = learn(truth[:, label])
                    self._coefficients[label] = model.coef_[0]
                    self._intercept[label] = model.intercept_[0]
            return
        model = learn(truth.argmax(axis=1))
        coef, intercept = row_per_class(model.coef_, model.intercept_)
        self._coefficients[model.classes_], self._intercept[model.classes_] = coef, intercept


class BagOfWords(_Linear):
    """Counts of the words of the text."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({"text"})


class Mfcc(_Linear):
    """Mel-frequency cepstral coefficients of the clip, averaged over time."""

    code = (*_Linear.code, *HEARING_CODE)
    modalities: ClassVar[frozenset[Modality]] = frozenset({"audio"})


class BagOfWordsMfcc(_Linear):
    """Counts of words beside averaged MFCC."""

    code = (*_Linear.code, *HEARING_CODE)
    modalities: ClassVar[frozenset[Modality]] = frozenset({"text", "audio"})


def mean_mfcc(samples: Samples) -> NDArray[np.float32]:
    """Return the mean over time of 25 mel-frequency cepstral coefficients.

    Computed by librosa from the power in 64 mel bands (HTK scale, triangles of height one) in dB,
    at most 80 dB below the clip's maximum; windows of 25 ms every 10 ms.

    Parameters
    ----------
    samples : array of shape ``(n_samples,)``, mono, 16 kHz.

    Returns
    -------
    Array of shape ``(25,)``.
    """
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=SAMPLE_RATE,
        n_fft=512,
        win_length=round(WINDOW_S * SAMPLE_RATE),
        hop_length=round(HOP_S * SAMPLE_RATE),
        pad_mode="reflect",
        n_mels=64,
        htk=True,
        norm=None,
    )
    cepstra = librosa.feature.mfcc(S=librosa.power_to_db(power), n_mfcc=N_MFCC)
    return np.asarray(cepstra.mean(axis=1), np.float32)
