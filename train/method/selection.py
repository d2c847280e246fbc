"""Step 1 of the method: select audio tokens by L1 logistic regression on token counts."""

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
from audiotok.vocabulary import AudioVocabulary, Codes, Groups
from train.method.lasso import LassoFit, Link, balanced_weights, l1_logistic
from train.method.lasso_path import PathPoint, entry_points, strength
from train.method.saga import saga
from train.method.selection_checks import check_classes, check_lengths
from train.method.token_counts import count_tokens, sum_groups
from train.settings.selection import SelectConfig


class NothingSelectedError(DataError):
    """The L1 penalty sets the coefficients of all audio tokens to zero."""


@dataclass(frozen=True)
class Selection:
    """The selected tokens, with the fit that selected them.

    Attributes
    ----------
    vocabulary : tokens by layer, then code; weights are the coefficients of the scaled columns.
    weighting : fitted TF-IDF and scaling that turn counts into those columns.
    fit, path : the fit that selected and, in rising order of ``C``, its neighbours.
    entries : of each token of the vocabulary, the smallest ``C`` of these fits at which it has a
        weight; NaN where it has none at any.
    ranks : place of each token in the order of its entry and, at it, of its weight; 1 is first.
    n_clips : clips in the fit.
    n_candidates : audio tokens that occur in them; ``n_words`` joined words.
    """

    vocabulary: AudioVocabulary
    weighting: Pipeline
    fit: PathPoint
    path: tuple[PathPoint, ...]
    entries: NDArray[np.float64]
    ranks: NDArray[np.int64]
    n_clips: int
    n_candidates: int
    n_words: int
    config: SelectConfig

    @property
    def n_tokens_per_layer(self) -> dict[int, int]:
        return _per_layer([layer for layer, _ in self.vocabulary.pairs], self.vocabulary.layers)

    def report(self) -> dict[str, Any]:
        """Return settings, fit, path and token counts as JSON-able values."""
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
            "entries": [None if np.isnan(C) else float(C) for C in self.entries],
            "ranks": [int(rank) for rank in self.ranks],
        }


def select_tokens(
    codes_list: Sequence[Codes],
    texts: Sequence[str],
    targets: NDArray[np.int64],
    classes: Sequence[str],
    config: SelectConfig,
    *,
    codebook_size: int = 1024,
    groups: Groups | None = None,
    weights: NDArray[np.float64] | None = None,
) -> Selection:
    """Select the audio tokens with the largest L1-logistic-regression coefficients.

    Parameters
    ----------
    codes_list : for each training clip all codes of the codec, shape ``(n_layers, n_frames)``.
    texts : what is said in each clip; read only where words are joined.
    targets : single-label: class numbers, shape ``(n_clips,)``. Multi-label: zeros and ones,
        shape ``(n_clips, n_labels)``; clips without any label become the class *neutral*.
    classes : names of the classes or labels.
    codebook_size : codes a layer.
    groups : group number of every code of the configured layers, shape ``(n_layers,
        codebook_size)``, where a token is a group of codes; see ``code_groups``.
    weights : of the clips for each label, shape ``(n_clips, n_labels)``; None for equal ones.

    Raises
    ------
    DataError
        When shapes do not fit, a class has no clip, or nothing is left to select.
    """
    seen = np.asarray(targets)
    problem = _problem(codes_list, texts, seen, classes, config, codebook_size, groups, weights)
    fit = problem.solve(config.C)
    kept = _keep(fit, problem.n_audio, config)
    if config.random:
        rng = np.random.default_rng(config.seed)
        kept = rng.choice(problem.occurring, len(kept), replace=False)
    kept = problem.ordered(kept)
    path = {factor: problem.solve(factor * config.C, fit) for factor in sorted(config.path)}
    entries, ranks = entry_points({f * config.C: at for f, at in {**path, 1.0: fit}.items()}, kept)
    return Selection(
        vocabulary=_vocabulary(kept, fit, problem, groups),
        weighting=problem.weighting,
        fit=problem.point(fit, 1.0),
        path=tuple(problem.point(at, factor) for factor, at in path.items()),
        entries=entries,
        ranks=ranks,
        n_clips=len(problem.targets),
        n_candidates=len(problem.occurring),
        n_words=problem.X.shape[1] - problem.n_audio,
        config=config,
    )


@dataclass(frozen=True)
class _Problem:
    """Data of the lasso, for any strength of the penalty.

    Attributes
    ----------
    X : weighted counts of audio tokens and then of words, shape ``(n_clips, n_columns)``.
    targets : class numbers ``(n_clips,)``, or zeros and ones ``(n_clips, n_labels)``.
    weights : of the clips, in the shape of ``targets``.
    names : of the classes.
    weighting : fitted TF-IDF and scaling.
    occurring : columns of the audio tokens that occur, of ``n_audio``.
    """

    X: sp.csr_matrix
    targets: NDArray[np.int64]
    weights: NDArray[np.float64]
    names: tuple[str, ...]
    weighting: Pipeline
    occurring: NDArray[np.int64]
    n_audio: int
    config: SelectConfig

    def solve(self, C: float, start: LassoFit | None = None) -> LassoFit:
        """Fit at ``C``, warm-started from another fit where the solver can."""
        config, link = self.config, _link(self.targets)
        if config.solver == "saga":
            return saga(self.X, self.targets, C, link, config.seed, config.n_iter, self.weights)
        return l1_logistic(
            self.X,
            self.targets,
            C=C,
            link=link,
            sample_weight=balanced_weights(self.targets, link, self.weights),
            tol=config.gap,
            max_iter=config.n_iter,
            coef_init=None if start is None else start.coef,
        )

    @property
    def codes_per_layer(self) -> int:
        return self.n_audio // len(self.config.layers)

    def pair(self, column: int) -> tuple[int, int]:
        """Return layer and code of an audio column."""
        return self.config.layers[column // self.codes_per_layer], column % self.codes_per_layer

    def ordered(self, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return audio columns by layer, then code."""
        return np.array(sorted(map(int, columns), key=self.pair))

    def point(self, fit: LassoFit, factor: float) -> PathPoint:
        """Summarise a fit at ``factor`` times the configured ``C``."""
        kept = _above_threshold(fit, self.n_audio, self.config.threshold)
        return PathPoint(
            factor=factor,
            C=factor * self.config.C,
            n_nonzero=int(fit.coef[: self.n_audio].any(axis=1).sum()),
            n_tokens_per_layer=_per_layer(
                [self.pair(int(column))[0] for column in kept], self.config.layers
            ),
            gap=fit.gap,
            relative_gap=fit.relative_gap,
            converged=fit.converged,
            n_iter=fit.n_iter,
        )


def _problem(
    codes_list: Sequence[Codes],
    texts: Sequence[str],
    targets: NDArray[np.int64],
    classes: Sequence[str],
    config: SelectConfig,
    codebook_size: int,
    groups: Groups | None,
    weights: NDArray[np.float64] | None,
) -> _Problem:
    """Draw the clips of the fit, and compute their TF-IDF columns of audio tokens and words."""
    check_lengths(codes_list, texts, targets)
    labels = targets
    targets, names = _with_neutral(targets, tuple(classes))
    seen = stratified_share(targets, config.train_share, config.seed)
    own = np.ones(targets.shape) if weights is None else _weights_like(targets, labels, weights)
    targets, own = targets[seen], own[seen]
    check_classes(targets, names)
    counts = count_tokens([codes_list[i] for i in seen], config.layers, codebook_size)
    if groups is not None:
        counts = sum_groups(counts, groups)
    columns = counts
    if config.words:
        columns = sp.hstack([counts, _count_words([texts[i] for i in seen])], "csr")
    weighting = make_pipeline(TfidfTransformer(), StandardScaler(with_mean=False))
    return _Problem(
        X=weighting.fit_transform(columns),
        targets=targets,
        weights=own,
        names=names,
        weighting=weighting,
        occurring=np.flatnonzero(np.asarray(counts.sum(axis=0))[0]),
        n_audio=counts.shape[1],
        config=config,
    )


def _link(targets: NDArray[np.int64]) -> Link:
    return "softmax" if targets.ndim == 1 else "sigmoid"


def stratified_share(targets: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """Draw a stratified share of the rows, rounded up in each class or set of labels.

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


def _with_neutral(
    targets: NDArray[np.int64], names: tuple[str, ...]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Add a *neutral* column for multi-label rows without a label, where there are any."""
    if targets.ndim == 1:
        return targets, names
    unlabelled = ~targets.any(axis=1)
    if not unlabelled.any():
        return targets, names
    return np.column_stack([targets, unlabelled]).astype(np.int64), (*names, NEUTRAL)


def _weights_like(
    targets: NDArray[np.int64], labels: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Bring weights to the shape of targets: one a clip, or one more column for *neutral*."""
    of_clips = weights.max(axis=1)
    if targets.ndim == 1:
        return of_clips
    return weights if targets.shape == labels.shape else np.column_stack([weights, of_clips])


def _count_words(texts: Sequence[str]) -> sp.csr_matrix:
    try:
        return CountVectorizer().fit_transform(texts)
    except ValueError as error:
        raise DataError("The texts hold no words to join; set 'words: false'.") from error


def _above_threshold(
    fit: LassoFit, n_audio: int, threshold: Literal["mean"] | float
) -> NDArray[np.int64]:
    """Return the audio columns at or above the threshold; none where the mean is zero."""
    strengths = strength(fit)
    least = strengths.mean() if threshold == "mean" else threshold
    audio = strengths[:n_audio]
    return np.flatnonzero((audio >= least) & (audio > 0))


def _keep(fit: LassoFit, n_audio: int, config: SelectConfig) -> NDArray[np.int64]:
    if config.n_tokens is None:
        kept = _above_threshold(fit, n_audio, config.threshold)
    else:
        order = np.argsort(-strength(fit)[:n_audio], kind="stable")
        kept = order[: config.n_tokens]
        kept = kept[strength(fit)[kept] > 0]
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
    kept: NDArray[np.int64], fit: LassoFit, problem: _Problem, groups: Groups | None
) -> AudioVocabulary:
    config = problem.config
    return AudioVocabulary(
        classes=problem.names,
        layers=config.layers,
        pairs=tuple(problem.pair(int(column)) for column in kept),
        weights=fit.coef[kept],
        groups=groups,
        merge_repeats=config.merge_repeats,
        min_frames=config.min_frames,
    )
