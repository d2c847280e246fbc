"""Step 1 of the method: a lasso on a bag of audio tokens picks the few that a task needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from audiotok.calibration import NEUTRAL
from audiotok.errors import DataError
from audiotok.vocabulary import AudioVocabulary, Codes
from train.method.lasso import LassoFit, Link, balanced_weights, l1_logistic
from train.method.saga import saga
from train.settings.selection import SelectConfig

__all__ = [
    "NothingSelectedError",
    "PathPoint",
    "SelectConfig",
    "Selection",
    "count_tokens",
    "select_tokens",
    "stratified_share",
]


class NothingSelectedError(DataError):
    """The penalty is too strong for any token."""


@dataclass(frozen=True)
class PathPoint:
    """One fit: what it keeps and how exactly it was solved.

    Attributes
    ----------
    factor : its ``C`` over the configured one.
    n_nonzero : audio columns with a coefficient at all.
    n_tokens_per_layer : audio columns at or above the threshold, by 1-based layer.
    """

    factor: float
    C: float
    n_nonzero: int
    n_tokens_per_layer: dict[int, int]
    gap: float
    relative_gap: float
    converged: bool
    n_iter: int

    @property
    def n_tokens(self) -> int:
        return sum(self.n_tokens_per_layer.values())

    def as_dict(self) -> dict[str, Any]:
        return {"n_tokens": self.n_tokens, **vars(self)}


@dataclass(frozen=True)
class Selection:
    """The selected tokens and the facts of the fit.

    Attributes
    ----------
    vocabulary : tokens by layer, then code; weights are the coefficients of the scaled columns.
    weighting : fitted TF-IDF and scaling that turn counts into those columns.
    fit, path : the fit that selected and, in rising order of ``C``, its neighbours.
    n_clips : clips that the lasso saw.
    n_candidates : audio tokens that occur in them; ``n_words`` joined words.
    """

    vocabulary: AudioVocabulary
    weighting: Pipeline
    fit: PathPoint
    path: tuple[PathPoint, ...]
    n_clips: int
    n_candidates: int
    n_words: int
    config: SelectConfig

    @property
    def n_tokens_per_layer(self) -> dict[int, int]:
        return _per_layer([layer for layer, _ in self.vocabulary.pairs], self.vocabulary.layers)

    def report(self) -> dict[str, Any]:
        """Give everything that can be said of the selection as JSON-able values."""
        return {
            "config": self.config.model_dump(mode="json"),
            "classes": list(self.vocabulary.classes),
            "n_clips": self.n_clips,
            "n_candidates": self.n_candidates,
            "n_words": self.n_words,
            "n_tokens": len(self.vocabulary),
            "n_tokens_per_layer": self.n_tokens_per_layer,
            "n_tokens_per_class": dict(Counter(self.vocabulary.spoken_for)),
            "fit": self.fit.as_dict(),
            "path": [point.as_dict() for point in self.path],
        }


def count_tokens(
    codes_list: Sequence[Codes], layers: Sequence[int], codebook_size: int
) -> sp.csr_matrix:
    """Count the tokens of each clip.

    Parameters
    ----------
    codes_list : for each clip all codes of the codec, shape ``(n_layers, n_frames)``.
    layers : 1-based layers to count.

    Returns
    -------
    Sparse matrix of shape ``(n_clips, len(layers) * codebook_size)``; the column of a token is
    its layer's place in ``layers`` times ``codebook_size``, plus its code.

    Raises
    ------
    DataError
        When a clip lacks a layer, or a code lies outside the codebook.
    """
    rows = np.array(layers) - 1
    first = np.arange(len(layers))[:, None] * codebook_size
    columns, counts, ends = [], [], [0]
    for codes in codes_list:
        if len(codes) < max(layers) or min(layers) < 1:
            raise DataError(f"Layers {list(layers)} were asked for; the codes have {len(codes)}.")
        kept = codes[rows]
        if kept.size and not 0 <= kept.min() <= kept.max() < codebook_size:
            raise DataError(f"Codes must be between 0 and {codebook_size - 1}.")
        present, how_often = np.unique(kept + first, return_counts=True)
        columns.append(present)
        counts.append(how_often)
        ends.append(ends[-1] + len(present))
    return sp.csr_matrix(
        (np.concatenate(counts).astype(np.float64), np.concatenate(columns), ends),
        shape=(len(codes_list), len(layers) * codebook_size),
    )


def select_tokens(
    codes_list: Sequence[Codes],
    texts: Sequence[str],
    targets: NDArray[np.int64],
    classes: Sequence[str],
    config: SelectConfig,
    *,
    codebook_size: int = 1024,
) -> Selection:
    """Select the audio tokens that tell the classes apart.

    Parameters
    ----------
    codes_list : for each training clip all codes of the codec, shape ``(n_layers, n_frames)``.
    texts : what is said in each clip; read only where words are joined.
    targets : single-label: class numbers, shape ``(n_clips,)``. Multi-label: zeros and ones,
        shape ``(n_clips, n_labels)``; clips without any label become the class *neutral*.
    classes : names of the classes or labels.
    codebook_size : codes a layer.

    Raises
    ------
    DataError
        When shapes do not fit, a class has no clip, or nothing is left to select.
    """
    _check_lengths(codes_list, texts, targets)
    targets, names = _with_neutral(np.asarray(targets), tuple(classes))
    seen = stratified_share(targets, config.train_share, config.seed)
    link: Link = "softmax" if targets.ndim == 1 else "sigmoid"
    targets = targets[seen]
    _check_classes(targets, names)

    counts = count_tokens([codes_list[i] for i in seen], config.layers, codebook_size)
    n_audio = counts.shape[1]
    words = _count_words([texts[i] for i in seen]) if config.words else None
    weighting = make_pipeline(TfidfTransformer(), StandardScaler(with_mean=False))
    X = weighting.fit_transform(counts if words is None else sp.hstack([counts, words], "csr"))
    heard = np.flatnonzero(np.asarray(counts.sum(axis=0))[0])

    def fit_at(C: float, start: LassoFit | None = None) -> LassoFit:
        if config.solver == "saga":
            return saga(X, targets, C, link, config.seed, config.n_iter)
        return l1_logistic(
            X,
            targets,
            C=C,
            link=link,
            sample_weight=balanced_weights(targets, link),
            tol=config.gap,
            max_iter=config.n_iter,
            coef_init=None if start is None else start.coef,
        )

    def told(fit: LassoFit, factor: float) -> PathPoint:
        kept = _strong(fit, n_audio, config.threshold)
        return PathPoint(
            factor=factor,
            C=factor * config.C,
            n_nonzero=int(fit.coef[:n_audio].any(axis=1).sum()),
            n_tokens_per_layer=_per_layer(
                [config.layers[column // codebook_size] for column in kept], config.layers
            ),
            gap=fit.gap,
            relative_gap=fit.relative_gap,
            converged=fit.converged,
            n_iter=fit.n_iter,
        )

    fit = fit_at(config.C)
    kept = _keep(fit, n_audio, config)
    if config.random:
        kept = np.random.default_rng(config.seed).choice(heard, len(kept), replace=False)
    return Selection(
        vocabulary=_vocabulary(kept, fit, names, config.layers, codebook_size),
        weighting=weighting,
        fit=told(fit, 1.0),
        path=tuple(told(fit_at(f * config.C, fit), f) for f in sorted(config.path)),
        n_clips=len(seen),
        n_candidates=len(heard),
        n_words=0 if words is None else words.shape[1],
        config=config,
    )


def stratified_share(targets: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """Draw rows so that each class, or set of labels, keeps its share, rounded up.

    Parameters
    ----------
    targets : class numbers ``(n,)`` or zeros and ones ``(n, n_labels)``.

    Returns
    -------
    Row numbers in rising order.
    """
    _, strata = np.unique(targets, axis=0, return_inverse=True)
    rng = np.random.default_rng(seed)
    drawn = []
    for stratum in range(strata.max() + 1):
        rows = rng.permutation(np.flatnonzero(strata == stratum))
        drawn.append(rows[: int(np.ceil(share * len(rows)))])
    return np.sort(np.concatenate(drawn))


def _check_lengths(
    codes_list: Sequence[Codes], texts: Sequence[str], targets: NDArray[np.int64]
) -> None:
    if not codes_list:
        raise DataError("There is no clip to select audio tokens from.")
    if not len(codes_list) == len(texts) == len(targets):
        raise DataError(
            f"There are {len(codes_list)} clips, {len(texts)} texts and {len(targets)} targets; "
            "each clip needs one of each."
        )


def _with_neutral(
    targets: NDArray[np.int64], names: tuple[str, ...]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Multi-label rows without a label become a class of their own, where there are any."""
    if targets.ndim == 1:
        return targets, names
    unlabelled = ~targets.any(axis=1)
    if not unlabelled.any():
        return targets, names
    return np.column_stack([targets, unlabelled]).astype(np.int64), (*names, NEUTRAL)


def _check_classes(targets: NDArray[np.int64], names: tuple[str, ...]) -> None:
    if targets.ndim == 1:
        n_clips = np.bincount(targets, minlength=len(names))
    else:
        n_clips = targets.sum(axis=0)
    if len(n_clips) != len(names):
        raise DataError(f"The targets have {len(n_clips)} classes, but {len(names)} are named.")
    missing = [name for name, n in zip(names, n_clips, strict=True) if n == 0]
    if missing:
        raise DataError(f"No training clip has the label {' or '.join(missing)}.")


def _count_words(texts: Sequence[str]) -> sp.csr_matrix:
    try:
        return CountVectorizer().fit_transform(texts)
    except ValueError as error:
        raise DataError("The texts hold no words to join; set 'words: false'.") from error


def _strength(fit: LassoFit) -> NDArray[np.float64]:
    return np.abs(fit.coef).sum(axis=1)


def _strong(fit: LassoFit, n_audio: int, threshold: Literal["mean"] | float) -> NDArray[np.int64]:
    """Audio columns at or above the threshold; a mean of zero lets none through."""
    strength = _strength(fit)
    least = strength.mean() if threshold == "mean" else threshold
    audio = strength[:n_audio]
    return np.flatnonzero((audio >= least) & (audio > 0))


def _keep(fit: LassoFit, n_audio: int, config: SelectConfig) -> NDArray[np.int64]:
    if config.n_tokens is None:
        kept = _strong(fit, n_audio, config.threshold)
    else:
        order = np.argsort(-_strength(fit)[:n_audio], kind="stable")
        kept = order[: config.n_tokens]
        kept = kept[_strength(fit)[kept] > 0]
        if len(kept) < config.n_tokens:
            raise DataError(
                f"Only {len(kept)} audio tokens have a weight at C={config.C:g}, "
                f"fewer than n_tokens={config.n_tokens}; raise C."
            )
    if not len(kept):
        raise NothingSelectedError(f"The lasso keeps no audio token at C={config.C:g}; raise C.")
    return kept


def _per_layer(found: Sequence[int], layers: Sequence[int]) -> dict[int, int]:
    counted = Counter(found)
    return {layer: counted[layer] for layer in layers}


def _vocabulary(
    kept: NDArray[np.int64],
    fit: LassoFit,
    names: tuple[str, ...],
    layers: tuple[int, ...],
    codebook_size: int,
) -> AudioVocabulary:
    tokens = sorted((layers[c // codebook_size], int(c % codebook_size), int(c)) for c in kept)
    return AudioVocabulary(
        classes=names,
        layers=layers,
        pairs=tuple((layer, code) for layer, code, _ in tokens),
        weights=fit.coef[[column for _, _, column in tokens]],
    )
