"""Fit calibration (scale, shift, weights of evidence) and label thresholds on validation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from audiotok.bundle import TWINS, Twin
from audiotok.calibration import (
    Calibration,
    DecisionRule,
    calibrated,
    evidence_beside_voice,
    logits_of,
)
from audiotok.classifier import Classifier
from audiotok.judgement import judged_linearly
from train.evaluation import metrics
from train.execution import processes
from train.method.training_examples import (
    Example,
    Labelled,
    pairs,
    text_examples,
    voice_examples,
)
from train.settings.task import RunConfig

logger = logging.getLogger(__name__)

Array = NDArray[np.float64]
Targets = NDArray[np.int64]

PAIRS_SHARE = 0.05  # of the configured pairs that are read to decide
PAIRS = ""  # in place of a corpus, where an example comes from two records


@dataclass(frozen=True)
class Decision:
    """Calibration parameters and label thresholds by twin, for a bundle's config."""

    calibration: dict[Twin, Calibration] = field(default_factory=dict)
    thresholds: dict[Twin, tuple[float, ...]] = field(default_factory=dict)


def predict(
    classifier: Classifier,
    examples: Sequence[Example],
    twins: Sequence[Twin] = TWINS,
    batch_size: int = 16,
) -> dict[Twin, Array]:
    """Return the twins' probabilities, each of shape ``(n_seeds, n_examples, n_labels)``.

    Several processes share the batches, which are those of one process, so that padding, and with
    it rounding, is the same; all get all probabilities.
    """
    utterances = [example.encodings(classifier.builder) for example in examples]
    # By the length of the clip alone: then all encodings of a clip stand side by side.
    order = np.argsort([len(encodings[-1].sequence.ids) for encodings in utterances], kind="stable")
    shape = (len(classifier.bundle.config.seeds), len(examples), len(classifier.labels))
    found: dict[Twin, Array] = {twin: np.zeros(shape) for twin in twins}
    batches = [order[first : first + batch_size] for first in range(0, len(order), batch_size)]
    scores = processes.share(
        batches,
        lambda batch: classifier.probabilities([utterances[i] for i in batch], twins),
        "predict",
    )
    for batch, of_batch in zip(batches, scores, strict=True):
        for twin in twins:
            found[twin][:, batch] = of_batch[twin]
    return found


def default_decision(config: RunConfig) -> Decision:
    """Return the decision without calibration, with thresholds of 0.5 for multi-label tasks."""
    halves = (0.5,) * len(config.labels)
    return Decision(thresholds=dict.fromkeys(TWINS, halves) if config.multi_label else {})


def fit_decision(raw: Classifier, items: Sequence[Labelled], config: RunConfig) -> Decision:
    """Fit each twin's calibration by maximum likelihood and its thresholds by verdict macro-F1.

    The text-only twin is fitted on all validation texts, to keep their label frequencies; the
    text+audio twin on every clip, with and without a reference, and on pairs of texts and clips.
    For the latter the weights of the linear readers and of the words' verdict are fitted too, and
    its labels share one threshold, as clips are few.

    Parameters
    ----------
    raw : the bundle without a calibration of its own.
    """
    everything = config.model_copy(
        update={
            "training_examples": config.training_examples.model_copy(update={"n_texts": len(items)})
        }
    )
    voices = _voice_examples_by_corpus(items, config)
    examples: dict[Twin, list[Example]] = {
        "text_only": text_examples(items, everything, config.finetune.seeds[0]),
        "text_audio": [example for of_corpus in voices.values() for example in of_corpus],
    }
    decision = Decision()
    for twin, of_twin in examples.items():
        with_audio = twin == "text_audio"
        if not of_twin:
            logger.warning("evaluate: validation has no example to decide %s by", twin)
            if config.multi_label:
                decision.thresholds[twin] = default_decision(config).thresholds[twin]
            continue
        found = _logits(raw, of_twin, TWINS if with_audio else [twin])
        truth = targets_of(of_twin)
        evidence = _evidence(found, decision, config) if with_audio else {}
        # How probable one exclusive label is beside another, rows that have none cannot tell.
        telling = _pair_weighted(of_twin)
        telling = telling if config.multi_label else telling[truth[telling].any(axis=1)]
        calibration = Calibration()
        if telling.size:
            calibration = calibrate(
                found[twin][:, telling],
                truth[telling],
                {name: values[..., telling, :] for name, values in evidence.items()},
                multi_label=config.multi_label,
                known=known_of(of_twin)[telling],
                share=config.language_model_scale if with_audio else 1.0,
            )
        decision.calibration[twin] = calibration
        if config.multi_label or not truth.any(axis=1).all():
            said = calibrated(found[twin], calibration, evidence, multi_label=config.multi_label)
            bagged = said.mean(axis=0)
            if with_audio:
                names = np.repeat(list(voices), [len(found) for found in voices.values()])
                score = mean_verdict(bagged, truth, names, config.threshold_pair_weight)
            else:
                score = partial(metrics.verdict_macro_f1, bagged, truth)
            shared = with_audio or not config.multi_label
            best = metrics.verdict_thresholds(score, truth.shape[1], shared=shared)
            decision.thresholds[twin] = tuple(round(float(value), 2) for value in best)
    return decision


def _logits(
    raw: Classifier, examples: Sequence[Example], twins: Sequence[Twin]
) -> dict[str, Array]:
    """Return the twins' logits, with those of text+audio the ones of the linear readers."""
    multi_label = raw.bundle.config.multi_label
    logits: dict[str, Array] = {
        twin: logits_of(found, multi_label=multi_label)
        for twin, found in predict(raw, examples, twins).items()
    }
    if "text_audio" in twins:
        judged = processes.share(
            examples,
            lambda example: judged_linearly(raw.bundle, example.encodings(raw.builder)),
            "linear readers",
        )
        for name in judged[0]:
            logits[name] = np.stack([found[name] for found in judged])
    return logits


def _evidence(
    logits: Mapping[str, Array], decision: Decision, config: RunConfig
) -> dict[str, Array]:
    rule = DecisionRule(tuple(config.labels), decision.thresholds.get("text_only", ()))
    calibration = decision.calibration.get("text_only", Calibration())
    return evidence_beside_voice(logits, calibration, rule, multi_label=config.multi_label)


def _voice_examples_by_corpus(
    items: Sequence[Labelled], config: RunConfig
) -> dict[str, list[Example]]:
    """Return clips with and without a reference by their corpus, and pairs of texts and clips."""
    seed = config.finetune.seeds[0]
    clips = [item for item in items if item.has_audio]
    found = {}
    for corpus in dict.fromkeys(clip.record.corpus for clip in clips):
        own = [clip for clip in clips if clip.record.corpus == corpus]
        found[corpus] = voice_examples(own, config, seed)
    texts = [item for item in items if not item.has_audio]
    n_pairs = round(PAIRS_SHARE * config.training_examples.n_pairs)
    rng = np.random.default_rng([seed, 2])
    found[PAIRS] = pairs(texts, clips, n_pairs, rng, config.corpus_balance)
    return {name: examples for name, examples in found.items() if examples}


def mean_verdict(
    probabilities: Array, truth: Targets, names: NDArray[np.str_], pair_weight: float
) -> Callable[[Array], float]:
    """Return a score of thresholds: the mean over corpora of the verdict's macro-F1.

    Each corpus counts alike, however many clips it has, and pairs ``pair_weight`` times as much as
    all corpora together.

    Parameters
    ----------
    probabilities : shape ``(n_examples, n_labels)``, as ``truth``.
    names : corpus of each example, or ``PAIRS``.
    """
    groups = [names == name for name in dict.fromkeys(names)]
    n_corpora = max(1, len(set(names) - {PAIRS}))
    weights = [pair_weight * n_corpora if names[group][0] == PAIRS else 1.0 for group in groups]
    if not any(weights):
        weights = [1.0] * len(groups)

    def score(thresholds: Array) -> float:
        of_groups = [
            metrics.verdict_macro_f1(probabilities[group], truth[group], thresholds)
            for group in groups
        ]
        return float(np.average(np.nan_to_num(of_groups), weights=weights))

    return score


def _pair_weighted(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Return example indices, those of pairs repeated so that they weigh as much as clips."""
    is_pair = np.array([example.is_pair for example in examples])
    if not is_pair.any():
        return np.arange(len(examples))
    times = round((~is_pair).sum() / is_pair.sum())
    return np.repeat(np.arange(len(examples)), np.where(is_pair, times, 1))


def calibrate(
    logits: Array,
    truth: Targets,
    evidence: Mapping[str, Array],
    *,
    multi_label: bool,
    known: NDArray[np.bool_] | None = None,
    share: float = 1.0,
) -> Calibration:
    """Return the maximum-likelihood calibration of the bagged probabilities (Platt 1999).

    One scale and one shift hold for all labels, so that none is favoured.

    Parameters
    ----------
    logits : shape ``(n_seeds, n_examples, n_labels)``.
    truth : zeros and ones, shape ``(n_examples, n_labels)``.
    evidence : as in ``audiotok.calibration.calibrated``, whose weights are found too.
    known : which of ``truth`` count, in its shape; None for all.
    share : how much of the likeliest scale is kept; the weights and the shift are then fitted again
        with the scale fixed.
    """

    is_true, is_false = truth == 1, truth == 0
    if known is not None:
        is_true, is_false = is_true & known, is_false & known

    def read(parameters: Array) -> Calibration:
        scale, shift, *weights = float(np.exp(parameters[0])), *map(float, parameters[1:])
        return Calibration(
            scale=scale,
            shift=shift if multi_label else 0.0,
            **dict(zip(evidence, weights, strict=True)),
        )

    def surprise(parameters: Array) -> float:
        mean = calibrated(logits, read(parameters), evidence, multi_label=multi_label).mean(axis=0)
        mean = np.clip(mean, 1e-6, 1 - 1e-6)
        right = np.log(mean)[is_true].sum()
        return -float(right + np.log(1 - mean)[is_false].sum()) / truth.size

    # Bounded, since a few clips that are told without a mistake would send them to infinity.
    free = [(-10.0, 10.0)] * (1 + len(evidence))

    def likeliest(start: Array, scale: tuple[float, float]) -> Array:
        return np.asarray(minimize(surprise, start, method="L-BFGS-B", bounds=[scale, *free]).x)

    found_best = likeliest(np.zeros(1 + len(free)), (-3.0, 3.0))
    if share != 1:
        kept = float(found_best[0] + np.log(share))
        found_best = likeliest(np.array([kept, *found_best[1:]]), (kept, kept))
    best = read(found_best)
    return Calibration(**{name: round(value, 4) for name, value in best.model_dump().items()})


def targets_of(examples: Sequence[Example]) -> Targets:
    """Stack targets to shape ``(n_examples, n_labels)``."""
    return np.stack([example.target for example in examples])


def known_of(examples: Sequence[Example]) -> NDArray[np.bool_]:
    """Stack which labels examples tell of to shape ``(n_examples, n_labels)``."""
    everything = np.ones(len(examples[0].target), dtype=bool)
    return np.stack([everything if e.known is None else e.known for e in examples])
