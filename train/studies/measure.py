"""What is measured of finished runs: test scores, unseen corpora, distortions, layers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiotok.bundle import Bundle
from audiotok.classifier import Classifier
from audiotok.vocabulary import Codes
from train.bundles.assembly import measured_bundle
from train.bundles.graph import run
from train.bundles.learning import labelled_clips
from train.bundles.task_data import TaskData
from train.corpora.records import EVERYONE
from train.encoding.clip_variants import ClipVariant, hearings
from train.encoding.distortions import DISTORTIONS
from train.evaluation import scoring as evaluate
from train.evaluation import token_probe as probe
from train.evaluation.markdown import number, table
from train.evaluation.token_probe import Clips
from train.method.selection import NothingSelectedError, count_tokens
from train.method.steps import select
from train.settings.task import RunConfig
from train.studies import sizes

# What of the calibrated sum is left out.
PARTS = {
    "selected tokens in the language model": {"bag_of_tokens": 0.0},
    "all tokens in the bag": {"scale": 0.0, "words": 0.0},
    "both": {},
}


def score_bundle(config: RunConfig, only: Path | None = None) -> list[evaluate.Report]:
    """Score the bundle in ``config.out``, before it heard a test speaker, on the test split.

    ``only`` names the root of one corpus that is to be scored alone.
    """
    data = TaskData.read(config)
    classifier = _classifier(measured_bundle(config), data)
    items = data.labelled(classifier.bundle.vocabulary, "test")
    kept = {record for corpus, record in data.records if only in (None, corpus.root)}
    return evaluate.score(classifier, [item for item in items if item.record in kept])


def score_unseen_corpora(config: RunConfig, n_seeds: int | None = None) -> list[evaluate.Report]:
    """Train once without each corpus of voices, and score on it.

    The runs lie beside the config's own folder, in ``<work>-without-<corpus>``, so that all find
    the same codes. ``n_seeds`` takes the first few of the configured seeds, to save time.
    """
    finetune = config.finetune.model_copy(update={"seeds": config.finetune.seeds[:n_seeds]})
    bag = config.bag_of_tokens and config.bag_of_tokens.model_copy(
        update={"refit_on_all_splits": False}
    )
    reports = []
    for left_out in (corpus for corpus in config.corpora if corpus.words_carry_no_label):
        work = Path(f"{config.work}-without-{left_out.root.name}")
        everyone = left_out.model_copy(update={"splits": {"test": [EVERYONE]}})
        corpora = [everyone if corpus is left_out else corpus for corpus in config.corpora]
        other = config.model_copy(
            update={
                "work": work,
                "out": work / "bundle",
                "bag_of_tokens": bag,
                "corpora": corpora,
                "finetune": finetune,
            }
        )
        run(other)
        reports += [
            report | {"corpus": f"{report['corpus']}, never heard before"}
            for report in score_bundle(other, only=left_out.root)
        ]
    return reports


def score_distorted(config: RunConfig, n_seeds: int | None = None) -> dict[str, dict[str, float]]:
    """Score the bundle in ``config.out`` on test voices, undistorted ("") and in each distortion.

    A reference goes through the same distortion as its clip. ``n_seeds`` asks the first few seeds
    of the bundle only, to save time.
    """
    data = TaskData.read(config)
    bundle = measured_bundle(config)
    few = bundle.config.model_copy(update={"seeds": bundle.config.seeds[:n_seeds]})
    classifier = _classifier(replace(bundle, config=few), data)
    voices = [r for _, r in data.records if r.split == "test" and r.audio]
    scores = {}
    for change in ("", *DISTORTIONS):
        wanted = hearings(voices, data.references, [change], int(data.hears_relative))
        items = data.label(classifier.bundle.vocabulary, wanted, data.encode(wanted), "test")
        scores[change] = evaluate.voice_scores(classifier, [i for i in items if i.has_audio])
    return scores


def score_parts(config: RunConfig) -> str:
    """Score the listener of the bundle in ``config.out`` by what it is made of, as Markdown.

    The parts weigh what validation speakers gave them; that split is shown to choose by.
    """
    data = TaskData.read(config)
    bundle = measured_bundle(config)
    heard = {
        split: [i for i in data.labelled(bundle.vocabulary, split) if i.has_audio]
        for split in ("validation", "test")
    }
    rows = []
    for name, without in PARTS.items():
        calibration = bundle.config.calibration["text_audio"].model_copy(update=without)
        calibrations = {**bundle.config.calibration, "text_audio": calibration}
        changed = bundle.config.model_copy(update={"calibration": calibrations})
        classifier = _classifier(replace(bundle, config=changed), data)
        scores: dict[str, float] = {}
        for split, items in heard.items():
            found = evaluate.voice_scores(classifier, items)
            scores |= {f"{split}: {corpus}": score for corpus, score in found.items()}
        rows.append([name, *map(number, scores.values())])
    return table(["macro-F1 of neutral sentences", *scores], rows)


def probe_codec(config: RunConfig) -> str:
    """Say what each layer of the codec holds of the task, on the test split, as Markdown."""
    data = TaskData.read(config)
    n_layers, codebook_size = data.codec.n_layers, data.codec.codebook_size
    train, tests = _together(_as_recorded(data, "train")), _as_recorded(data, "test")
    scores = {}
    for layers in probe.layer_sets(n_layers):
        count = partial(count_tokens, layers=layers, codebook_size=codebook_size)
        scores[layers] = probe.bag_scores(train, tests, count)
    return probe.markdown_table(scores)


def score_sizes(config: RunConfig) -> str:
    """Say what vocabularies along the lasso's path tell, the configured one last, as Markdown."""
    data = TaskData.read(config)
    wanted, targets = data.heard("train")
    train = [data.encoded.codes[hearing] for hearing in wanted], targets
    validation, test = (
        {f"{split}: {corpus}": clips for corpus, clips in _as_recorded(data, split).items()}
        for split in ("validation", "test")
    )
    n_tokens = data.codec.n_layers * data.codec.codebook_size
    rows = []
    clips = labelled_clips(data)
    for settings in sizes.path_of(config.selection):
        try:
            vocabulary = select(
                clips, config.labels, settings, multi_label=config.multi_label
            ).vocabulary
        except NothingSelectedError:
            continue  # the path starts below the first token
        scores = sizes.size_scores(vocabulary, train, validation, test, data.codec.codebook_size)
        share = f"{len(vocabulary) / n_tokens:.1%}"
        kept = f"{settings.C:g}, the strongest" if settings.n_tokens else f"{settings.C:g}"
        rows.append([kept, str(len(vocabulary)), share, *map(number, scores.values())])
    return table(["C of the lasso", "tokens", "of all", *validation, *test], rows)


def _classifier(bundle: Bundle, data: TaskData) -> Classifier:
    return Classifier.load(bundle, data.codec, device=str(data.codec.device))


def _as_recorded(data: TaskData, split: str) -> dict[str, Clips]:
    """Give the clips of a split, as they were recorded, by corpus."""
    found: dict[str, tuple[list[Codes], list[NDArray[np.int64]]]] = {}
    for hearing, target in zip(*data.heard(split), strict=True):
        if hearing == ClipVariant(hearing.record):
            codes, targets = found.setdefault(hearing.record.corpus, ([], []))
            codes.append(data.encoded.codes[hearing])
            targets.append(target)
    return {corpus: (codes, np.stack(targets)) for corpus, (codes, targets) in found.items()}


def _together(by_corpus: dict[str, Clips]) -> Clips:
    codes, targets = zip(*by_corpus.values(), strict=True)
    return [each for of_corpus in codes for each in of_corpus], np.concatenate(targets)
