"""Scores under noise, reverberation and channel distortions."""

from __future__ import annotations

from dataclasses import replace

from train.bundles.assembly import measured_bundle
from train.bundles.task_data import TaskData
from train.encoding.clip_variants import clip_variants
from train.encoding.distortions import DISTORTIONS
from train.evaluation.scoring import voice_scores
from train.settings.task import RunConfig
from train.studies.scores import classifier_of


def score_distorted(config: RunConfig, n_seeds: int | None = None) -> dict[str, dict[str, float]]:
    """Score the bundle in ``config.out`` on test clips, undistorted ("") and in each distortion.

    A reference has the same distortion as its clip. ``n_seeds`` uses the first seeds only, to
    save time.
    """
    data = TaskData.read(config)
    bundle = measured_bundle(config)
    few = bundle.config.model_copy(update={"seeds": bundle.config.seeds[:n_seeds]})
    classifier = classifier_of(replace(bundle, config=few), data)
    voices = [r for _, r in data.records if r.split == "test" and r.audio]
    scores = {}
    for change in ("", *DISTORTIONS):
        wanted = clip_variants(voices, data.references, [change], int(data.uses_references))
        items = data.label(classifier.bundle.vocabulary, wanted, data.encode(wanted), "test")
        scores[change] = voice_scores(classifier, [i for i in items if i.has_audio])
    return scores
