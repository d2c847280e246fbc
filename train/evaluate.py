"""Calibration and thresholds from validation, scores on the test split, and the README's table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit, softmax
from tqdm import tqdm

from audiotok.bundle import TWINS, Calibration, Twin
from audiotok.classifier import Classifier
from audiotok.prediction import DecisionRule
from train import metrics
from train.config import RunConfig
from train.mixture import NOTHING_HEARD, Example, Labelled, View, text_examples, voice_examples

Array = NDArray[np.float64]
Targets = NDArray[np.int64]
Measure = Callable[[Array, Targets], float]
Report = dict[str, Any]
Choice = Callable[[Labelled], View]

N_KEPT_PAIRS = 500
PAIRS_SHARE = 0.05  # of the configured pairs that are read to decide


@dataclass(frozen=True)
class Decision:
    """How a bundle's logits become probabilities and verdicts."""

    calibration: dict[Twin, Calibration] = field(default_factory=dict)
    thresholds: dict[Twin, tuple[float, ...]] = field(default_factory=dict)


def predict(
    classifier: Classifier,
    examples: Sequence[Example],
    twins: Sequence[Twin] = TWINS,
    batch_size: int = 16,
) -> dict[Twin, Array]:
    """Give the twins' probabilities, each of shape ``(n_seeds, n_examples, n_labels)``."""
    utterances = [example.hearings(classifier.builder) for example in examples]
    # By the length of the clip alone: then all hearings of a clip stand side by side.
    order = np.argsort([len(hearings[-1].sequence.ids) for hearings in utterances], kind="stable")
    shape = (len(classifier.bundle.config.seeds), len(examples), len(classifier.labels))
    found: dict[Twin, Array] = {twin: np.zeros(shape) for twin in twins}
    for first in tqdm(range(0, len(order), batch_size), desc="predict", unit="batch"):
        batch = order[first : first + batch_size]
        scores = classifier.probabilities([utterances[i] for i in batch], twins)
        for twin in twins:
            found[twin][:, batch] = scores[twin]
    return found


def undecided(config: RunConfig) -> Decision:
    """Logits as they come, and thresholds of one half."""
    halves = (0.5,) * len(config.labels)
    return Decision(thresholds=dict.fromkeys(TWINS, halves) if config.multi_label else {})


def decide(raw: Classifier, items: Sequence[Labelled], config: RunConfig) -> Decision:
    """Find calibration and thresholds on validation records.

    Texts are all read, since their labels are as frequent there as elsewhere; the twin that listens
    hears every clip with and without a reference, and pairs of texts and voices. How much of what
    the bag and the text-only twin say is added to it is found there too. The labels of that twin
    share one threshold, as the voices are few: its verdict is the most probable label or neutral.

    Parameters
    ----------
    raw : the bundle without a calibration of its own.
    """
    everything = config.model_copy(
        update={"mixture": config.mixture.model_copy(update={"n_texts": len(items)})}
    )
    examples: dict[Twin, list[Example]] = {
        "text_only": text_examples(items, everything, config.finetune.seeds[0]),
        "text_audio": voice_examples(items, config, config.finetune.seeds[0], PAIRS_SHARE),
    }
    decision = Decision()
    for twin, of_twin in examples.items():
        listens = twin == "text_audio"
        found, truth = predict(raw, of_twin, TWINS if listens else [twin]), targets_of(of_twin)
        beside = _beside(raw, of_twin, found, decision, config) if listens else {}
        # How probable one exclusive label is beside another, rows that have none cannot tell.
        telling = _counted(of_twin, 1.0)
        telling = telling if config.multi_label else telling[truth[telling].any(axis=1)]
        calibration = calibrate(
            found[twin][:, telling],
            truth[telling],
            {name: other[..., telling, :] for name, other in beside.items()},
            multi_label=config.multi_label,
            share=config.listener_share if listens else 1.0,
        )
        decision.calibration[twin] = calibration
        if config.multi_label or not truth.any(axis=1).all():
            said = calibrated(found[twin], calibration, beside, multi_label=config.multi_label)
            counted = _counted(of_twin, config.pairs_weight)
            best = metrics.verdict_thresholds(
                said.mean(axis=0)[counted],
                truth[counted],
                shared=listens or not config.multi_label,
            )
            decision.thresholds[twin] = tuple(round(float(value), 2) for value in best)
    return decision


def _beside(
    raw: Classifier,
    examples: Sequence[Example],
    found: Mapping[Twin, Array],
    decision: Decision,
    config: RunConfig,
) -> dict[str, Array]:
    """Give what the others say of the examples, by the name of what weighs it."""
    words = calibrated(
        found["text_only"], decision.calibration["text_only"], {}, multi_label=config.multi_label
    )
    rule = DecisionRule(tuple(config.labels), decision.thresholds.get("text_only", ()))
    said: dict[str, Array] = {"words": rule.said(words).astype(float)}
    if bag := raw.bundle.bag:
        logits = np.stack([bag.judge(each.codes, each.view.plain) for each in examples])
        said["bag"] = expit(logits) if config.multi_label else softmax(logits, axis=-1)
    return said


def _counted(examples: Sequence[Example], pairs_weight: float) -> NDArray[np.int64]:
    """Give the indices of examples, those of pairs as often as makes up their weight."""
    is_pair = np.array([example.is_pair for example in examples])
    if not is_pair.any():
        return np.arange(len(examples))
    times = round(pairs_weight * (~is_pair).sum() / is_pair.sum())
    return np.repeat(np.arange(len(examples)), np.where(is_pair, times, 1))


def calibrate(
    found: Array,
    truth: Targets,
    beside: Mapping[str, Array],
    *,
    multi_label: bool,
    share: float = 1.0,
) -> Calibration:
    """Scale and move logits so that the bagged probabilities are most likely (Platt 1999).

    One scale and one shift for all labels, so that none is favoured.

    Parameters
    ----------
    found : probabilities, shape ``(n_seeds, n_examples, n_labels)``.
    truth : zeros and ones, shape ``(n_examples, n_labels)``.
    beside : what others say, which is added to the logits, by the name of the field of
        ``Calibration`` that weighs it; they broadcast to the shape of ``found``.
    share : how much of the likeliest scale is kept; the rest is then found again beside it.
    """

    def read(parameters: Array) -> Calibration:
        scale, shift, *weights = float(np.exp(parameters[0])), *map(float, parameters[1:])
        return Calibration(
            scale=scale,
            shift=shift if multi_label else 0.0,
            **dict(zip(beside, weights, strict=True)),
        )

    def surprise(parameters: Array) -> float:
        mean = calibrated(found, read(parameters), beside, multi_label=multi_label).mean(axis=0)
        mean = np.clip(mean, 1e-6, 1 - 1e-6)
        right = np.log(mean)[truth == 1].sum()
        return -float(right + np.log(1 - mean)[truth == 0].sum()) / truth.size

    # Bounded, since a few clips that are told without a mistake would send them to infinity.
    free = [(-10.0, 10.0)] * (1 + len(beside))

    def likeliest(start: Array, scale: tuple[float, float]) -> Array:
        return np.asarray(minimize(surprise, start, method="L-BFGS-B", bounds=[scale, *free]).x)

    found_best = likeliest(np.zeros(1 + len(free)), (-3.0, 3.0))
    if share != 1:
        kept = float(found_best[0] + np.log(share))
        found_best = likeliest(np.array([kept, *found_best[1:]]), (kept, kept))
    best = read(found_best)
    return Calibration(**{name: round(value, 4) for name, value in best.model_dump().items()})


def calibrated(
    found: Array, calibration: Calibration, beside: Mapping[str, Array], *, multi_label: bool
) -> Array:
    """Apply a calibration to probabilities that had none."""
    kept = np.clip(found, 1e-9, 1 - 1e-9)
    logits = calibration.scale * (logit(kept) if multi_label else np.log(kept)) + calibration.shift
    for name, said in beside.items():
        logits = logits + getattr(calibration, name) * said
    return np.asarray(expit(logits) if multi_label else softmax(logits, axis=-1))


def targets_of(examples: Sequence[Example]) -> Targets:
    """Stack targets to shape ``(n_examples, n_labels)``."""
    return np.stack([example.target for example in examples])


def score(classifier: Classifier, items: Sequence[Labelled]) -> list[Report]:
    """Score a bundle on test records, corpus by corpus.

    Neutral sentences are scored by their largest probability, texts without a recording by the
    verdict, *neutral* included (single-label tasks have none). A score with a reference is the mean
    over several choices of it.
    """
    multi_label = classifier.bundle.config.multi_label
    reports = []
    for corpus in dict.fromkeys(item.record.corpus for item in items):
        own = [i for i in items if i.record.corpus == corpus and (multi_label or i.target.any())]
        if own[0].has_audio:
            reports += _voice_scores(classifier, corpus, own)
        else:
            reports.append(_text_score(classifier, corpus, own))
    reports += _kept_labels(classifier, items)
    return reports


def _voice_scores(classifier: Classifier, corpus: str, items: list[Labelled]) -> list[Report]:
    truth = np.stack([item.target for item in items])
    alone, *relative = _predict_views(classifier, items, _choices(items))
    labelled = truth.sum(axis=1) == 1
    n_labels = int(truth[labelled].any(axis=0).sum())
    bagged = alone["text_audio"].mean(axis=0)
    top1: Report = {
        "corpus": corpus,
        "measure": f"top-1 macro-F1, {n_labels} labels",
        "n": int(labelled.sum()),
        "chance": 1 / n_labels,
        "per_speaker": {
            speaker: metrics.top1_macro_f1(bagged[rows], truth[rows])
            for speaker, rows in _by_speaker(items).items()
        },
        "confusion": metrics.confusion(bagged, truth).tolist(),
        "interval": {"text_audio": _interval([alone["text_audio"]], truth)},
    }
    calibration: Report = {
        "corpus": corpus,
        "measure": "calibration error (lower is better)",
        "n": len(items),
    }
    for report, measure in (
        (top1, metrics.top1_macro_f1),
        (calibration, metrics.calibration_error),
    ):
        for twin in TWINS:
            report[twin] = _over_seeds(alone[twin], truth, measure)
        if relative:
            report["reference"] = _mean_score(
                [_over_seeds(of_choice["text_audio"], truth, measure) for of_choice in relative]
            )
    if relative:
        choices = [of_choice["text_audio"] for of_choice in relative]
        top1["interval"]["reference"] = _interval(choices, truth)
    return [top1, calibration]


def _predict_views(
    classifier: Classifier, items: list[Labelled], choices: list[Choice]
) -> list[dict[Twin, Array]]:
    """Predict the items alone and then with each choice of a reference."""
    views = [lambda item: item.views[0], *choices]
    # One item's views follow each other, since they share what they are judged beside.
    examples = [Example(i.record.text, view(i), i.target) for i in items for view in views]
    found = predict(classifier, examples)
    return [{t: found[t][:, n :: len(views)] for t in TWINS} for n in range(len(views))]


def _interval(choices: Sequence[Array], truth: Targets) -> tuple[float, float]:
    """Bootstrap interval of the bagged top-1 macro-F1, its ends averaged over choices."""
    ends = [
        metrics.bootstrap_interval(found.mean(axis=0), truth, metrics.top1_macro_f1)
        for found in choices
    ]
    low, high = np.mean(ends, axis=0)
    return float(low), float(high)


def _choices(items: Sequence[Labelled]) -> list[Choice]:
    """Ways to pick one of each item's relative views; none where an item has no reference."""
    n_relative = [len(item.views) - 1 for item in items]
    if not min(n_relative):
        return []
    return [
        lambda item, n=n: item.views[1 + n % (len(item.views) - 1)]  # type: ignore[misc]
        for n in range(max(n_relative))
    ]


def voice_scores(classifier: Classifier, items: Sequence[Labelled]) -> dict[str, float]:
    """Bagged top-1 macro-F1 of each corpus of voices, alone and ``with a reference``."""
    scores = {}
    for corpus in dict.fromkeys(item.record.corpus for item in items):
        own = [i for i in items if i.record.corpus == corpus and i.target.any()]
        truth = np.stack([item.target for item in own])
        found = _predict_views(classifier, own, _choices(own)[:1])
        for name, of_view in zip((corpus, f"{corpus}, with a reference"), found, strict=False):
            scores[name] = metrics.top1_macro_f1(of_view["text_audio"].mean(axis=0), truth)
    return scores


def _text_score(classifier: Classifier, corpus: str, items: list[Labelled]) -> Report:
    config = classifier.bundle.config
    single = [item for item in items if item.target.sum() <= 1]
    examples = [Example(item.record.text, NOTHING_HEARD, item.target) for item in single]
    truth = targets_of(examples)
    found = predict(classifier, examples, ["text_only"])["text_only"]
    n_classes = len(config.labels) + int(config.multi_label)
    if config.multi_label:
        limits = np.array(config.thresholds["text_only"])
        scores = _over_seeds(found, truth, lambda p, t: metrics.verdict_macro_f1(p, t, limits))
    else:
        scores = _over_seeds(found, truth, metrics.top1_macro_f1)
    return {
        "corpus": corpus,
        "measure": f"macro-F1, {n_classes} classes",
        "n": len(single),
        "chance": 1 / n_classes,
        "text_only": scores,
    }


def _kept_labels(classifier: Classifier, items: Sequence[Labelled]) -> list[Report]:
    """How often an emotional text in a neutral voice keeps the label that its words had."""
    rng = np.random.default_rng(0)
    texts = [i for i in items if not i.has_audio and i.target.sum() == 1]
    voices = [i for i in items if i.has_audio and i.record.labels == ("neutral",)]
    if not texts or not voices:
        return []
    drawn = [
        (texts[rng.integers(len(texts))], voices[rng.integers(len(voices))])
        for _ in range(N_KEPT_PAIRS)
    ]
    rule = classifier.bundle.config.rule

    def kept(view: Callable[[Labelled], View]) -> dict[str, float]:
        examples = [Example(text.record.text, view(voice), text.target) for text, voice in drawn]
        found = predict(classifier, examples)
        same = [
            rule("text_only").verdict(words) == rule("text_audio").verdict(both)
            for words, both in zip(
                found["text_only"].mean(axis=0), found["text_audio"].mean(axis=0), strict=True
            )
        ]
        return {"bagged": float(np.mean(same))}

    report: Report = {
        "corpus": "goemotions text, neutral voice",
        "measure": "words keep their verdict",
        "n": N_KEPT_PAIRS,
        "text_audio": kept(lambda voice: voice.views[0]),
    }
    if choices := _choices(voices):
        report["reference"] = kept(choices[0])  # the pairs are drawn already
    return [report]


def _over_seeds(found: Array, truth: Targets, measure: Measure) -> dict[str, float]:
    per_seed = [measure(probabilities, truth) for probabilities in found]
    return {
        "mean": float(np.mean(per_seed)),
        "deviation": float(np.std(per_seed)),
        "bagged": float(measure(found.mean(axis=0), truth)),
    }


def _mean_score(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}


def _by_speaker(items: Sequence[Labelled]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        rows.setdefault(item.record.speaker, []).append(index)
    return rows


def markdown_table(reports: dict[str, list[Report]]) -> str:
    """Write the reports of several tasks as one Markdown table."""
    lines = [
        "| task | test data | measure | n | chance | words alone | words + voice "
        "| and one neutral reference |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for task, of_task in reports.items():
        for report in of_task:
            chance = f"{report['chance']:.2f}" if "chance" in report else "–"
            cells = [_cell(report.get(name)) for name in (*TWINS, "reference")]
            lines.append(
                f"| {task} | {report['corpus']} | {report['measure']} | {report['n']} | {chance} | "
                + " | ".join(cells)
                + " |"
            )
    return "\n".join(lines)


def robustness_table(scores: Mapping[str, Mapping[str, float]]) -> str:
    """Write scores by distortion (none first) and by corpus, and what each distortion costs."""
    plain, *changes = scores
    names = list(scores[plain])
    lines = ["| what happens to the sound | " + " | ".join(names) + " |"]
    lines.append("|---|" + "---|" * len(names))
    lines.append("| nothing | " + " | ".join(f"{scores[plain][n]:.2f}" for n in names) + " |")
    for change in changes:
        costs = {name: scores[change][name] - scores[plain][name] for name in names}
        cells = [f"{scores[change][name]:.2f} ({cost:+.2f})" for name, cost in costs.items()]
        lines.append(f"| {change} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(scores: dict[str, float] | None) -> str:
    if scores is None:
        return "–"
    bagged = f"**{scores['bagged']:.2f}**"
    if "mean" not in scores:
        return bagged
    return f"{bagged} ({scores['mean']:.2f} ± {scores['deviation']:.2f})"
