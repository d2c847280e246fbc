"""Flow through the layers over test speakers: attention rollout and knock-out, averaged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audiotok.analysis.flow import GROUPS
from audiotok.plots.figure import render
from train.bundles.assembly import measured_bundle
from train.bundles.task_data import TaskData
from train.evaluation.markdown import table
from train.execution import processes
from train.settings.task import RunConfig
from train.studies.flow_averages import CorpusFlow, averages, clip_flow, window_names
from train.studies.flow_picture import flow_figure
from train.studies.intervals import caveat, counted, percent
from train.studies.scores import classifier_of
from train.studies.unseen_clips import of_each, sampled_clips


def average_flow(config: RunConfig, n_clips: int, picture: Path | None = None) -> str:
    """Average rollout and knock-out over test speakers of the bundle in ``config.out``.

    Parameters
    ----------
    n_clips : most of each corpus.
    picture : is written as PNG.

    Returns
    -------
    Markdown: a table of each, and how far to trust them.
    """
    data = TaskData.read(config)
    classifier = classifier_of(measured_bundle(config), data)
    clips = of_each(
        classifier,
        sampled_clips(data, n_clips),
        lambda record, prediction: clip_flow(classifier, record, prediction),
        "flow",
    )
    found = averages(clips)
    if picture is not None and processes.is_first():
        picture.write_bytes(render(flow_figure(found), "png"))
    trust = caveat({each.corpus: each.n_speakers for each in found})
    return f"{origins_table(found)}\n\n{effects_table(found)}\n\n{trust}"


def origins_table(found: Sequence[CorpusFlow]) -> str:
    """Return where what the head reads comes from, in percent, a row a corpus and layer."""
    rows = []
    for each in found:
        for layer in range(len(each.origins.mean)):
            name = ", ".join(
                [each.corpus, counted(each.n_clips, "clip"), counted(each.n_speakers, "speaker")]
            )
            cells = [percent(each.origins, (layer, group)) for group in range(len(GROUPS))]
            rows.append(["" if layer else name, str(layer) if layer else "embeddings", *cells])
    return table(["attention rollout", "after layer", *(f"{name}, %" for name in GROUPS)], rows)


def effects_table(found: Sequence[CorpusFlow]) -> str:
    """Return what the verdict's label loses, in points, a row a corpus and path."""
    windows = next((each.windows for each in found if each.windows), ())
    rows = [
        [
            f"{each.corpus}, {counted(each.n_cut, 'verdict')}",
            path,
            *(percent(effect, (place,), signed=True) for place in range(len(windows))),
        ]
        for each in found
        for path, effect in each.effects.items()
    ]
    return table(["points lost", "attention cut from", *window_names(windows)], rows)
