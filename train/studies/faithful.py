"""Which explanation is true? What verdicts lose without the tokens that each names first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audiotok.analysis.counterfactual import reading_seeds
from audiotok.classifier import Classifier
from audiotok.errors import DataError
from audiotok.faithfulness import FAITHFULNESS, NAMES
from audiotok.optional_files import write
from audiotok.plots.figure import render
from audiotok.prediction import Prediction
from train.bundles.assembly import measured_bundle
from train.bundles.task_data import TaskData
from train.corpora.records import Record
from train.evaluation.markdown import table
from train.execution import processes
from train.settings.task import RunConfig
from train.studies.faithful_curves import (
    SHARES,
    ClipFalls,
    Curves,
    averages,
    clip_falls,
    for_bundle,
)
from train.studies.faithful_picture import faithful_figure
from train.studies.gradient import GradientTimesInput
from train.studies.intervals import caveat, counted, percent, points
from train.studies.rankings import Scores, rankings
from train.studies.removal import taking_gaps
from train.studies.scores import classifier_of
from train.studies.unseen_clips import of_each, sampled_clips

WITHOUT_PROFILES = (
    "The bundle has no profiles of its tokens, so the order in which the lasso's path takes them "
    "is not known and has no row."
)


def compare_explanations(
    config: RunConfig,
    n_clips: int,
    picture: Path | None = None,
    into_bundle: bool = False,
) -> str:
    """Compare explanations of the verdicts of the bundle in ``config.out`` on test speakers.

    Parameters
    ----------
    n_clips : most of each corpus, those with the verdict *neutral* or without tokens among them,
        which are then left out.
    picture : is written as PNG.
    into_bundle : whether to write the result into the bundle, for the page to tell.

    Returns
    -------
    Markdown: a table, and how far to trust it.
    """
    data = TaskData.read(config)
    bundle = taking_gaps(measured_bundle(config))
    classifier = classifier_of(bundle, data)
    gradient = GradientTimesInput(bundle, classifier.reader.device)
    looked = of_each(
        classifier,
        sampled_clips(data, n_clips),
        lambda record, prediction: _look(classifier, gradient, record, prediction),
        "faithful",
    )
    clips = [clip for each in looked for clip in each]
    if not clips:
        raise DataError("No test clip has a verdict other than neutral; take more (--clips).")
    found = averages(clips)
    if processes.is_first():
        if picture is not None:
            picture.write_bytes(render(faithful_figure(found), "png"))
        if into_bundle:
            write(for_bundle(found[-1], len(bundle.vocabulary)), config.out / FAITHFULNESS)
    told = [caveat({each.name: each.n_speakers for each in found if each.name != "all"})]
    if bundle.profiles is None:
        told.append(WITHOUT_PROFILES)
    return "\n\n".join([falls_table(found), " ".join(told)])


def _look(
    classifier: Classifier, gradient: GradientTimesInput, record: Record, prediction: Prediction
) -> list[ClipFalls]:
    """Return the falls of one clip; none where there is no verdict to explain."""
    verdict = prediction.verdict_text_audio
    if verdict not in prediction.labels or not prediction.n_used:
        return []
    seeds = reading_seeds(prediction.text_audio, all_seeds=False)

    def attribution(prediction: Prediction, label: int) -> Scores:
        return gradient(prediction.sequence, label, seeds)

    orders = rankings(classifier, prediction, verdict, attribution)
    return [clip_falls(classifier, record, prediction, orders)]


def falls_table(found: Sequence[Curves]) -> str:
    """Return falls in points, a row a corpus and method, the method with the largest area first."""
    rows = []
    for each in found:
        best_first = sorted(each.areas, key=lambda method: -float(each.areas[method].mean))
        name = f"{each.name}, {counted(each.n_clips, 'verdict')} at {each.before:.0%} on average"
        for place, method in enumerate(best_first):
            falls = [points(fall, signed=True) for fall in each.falls[method].mean]
            area = percent(each.areas[method], (), signed=True)
            rows.append(["" if place else name, NAMES[method], *falls, area])
    head = [f"without {share:.0%}" for share in SHARES]
    return table(["points lost", "tokens ranked by", *head, "area under the curve"], rows)
