"""Scores and tokens under noise, reverberation and channel distortions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from train.bundles.assembly import measured_bundle
from train.bundles.task_data import TaskData
from train.corpora.records import Record
from train.encoding.clip_variants import ClipVariant, clip_variants
from train.encoding.distortions import DISTORTIONS
from train.evaluation.equal_codes import equal_share
from train.evaluation.scoring import voice_scores
from train.settings.task import RunConfig
from train.studies.scores import classifier_of

MOST_CLIPS = 240  # of a corpus: each is encoded a score of times
SEED = 0


def score_distorted(config: RunConfig, n_seeds: int | None = None) -> dict[str, dict[str, float]]:
    """Score the bundle in ``config.out`` on test clips, undistorted ("") and in each distortion.

    At most ``MOST_CLIPS`` of a corpus are drawn. A reference has the same distortion as its clip.
    ``n_seeds`` uses the first seeds only, to save time.
    """
    data = TaskData.read(config)
    bundle = measured_bundle(config)
    few = bundle.config.model_copy(update={"seeds": bundle.config.seeds[:n_seeds]})
    classifier = classifier_of(replace(bundle, config=few), data)
    voices = _drawn(data)
    scores = {}
    for change in ("", *DISTORTIONS):
        wanted = clip_variants(voices, data.references, [change], int(data.uses_references))
        of = classifier.bundle
        items = data.label(of.vocabulary, wanted, data.encode(wanted), "test", of.encoder_probe)
        scores[change] = voice_scores(classifier, [i for i in items if i.has_audio])
    return scores


def equal_tokens(config: RunConfig, change: str) -> float:
    """Return the share of frames whose token is the same after a distortion of test clips.

    It is the mean over the layers that the audio vocabulary of the bundle in ``config.out`` is of.

    Parameters
    ----------
    change : a name in ``DISTORTIONS``.
    """
    data = TaskData.read(config)
    vocabulary = measured_bundle(config).vocabulary
    voices = _drawn(data)
    plain, changed = ([ClipVariant(r, name) for r in voices] for name in ("", change))
    codes = data.encode([*plain, *changed]).codes
    pairs = [
        (vocabulary.grouped(codes[before]), vocabulary.grouped(codes[after]))
        for before, after in zip(plain, changed, strict=True)
        if before in codes and after in codes
    ]
    return float(equal_share(pairs).mean())


def _drawn(data: TaskData) -> list[Record]:
    """Draw test clips of each corpus."""
    by_corpus: dict[str, list[Record]] = defaultdict(list)
    for _, record in data.records:
        if record.split == "test" and record.audio:
            by_corpus[record.corpus].append(record)
    rng = np.random.default_rng(SEED)
    return [
        records[place]
        for records in by_corpus.values()
        for place in np.sort(rng.permutation(len(records))[:MOST_CLIPS])
    ]
