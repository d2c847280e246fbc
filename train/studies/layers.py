"""Probe scores of the codec's layers on a task."""

from __future__ import annotations

from functools import partial

from train.bundles.task_data import TaskData
from train.evaluation.token_probe import bag_scores, layer_sets, layer_table
from train.method.token_counts import count_tokens
from train.settings.task import RunConfig
from train.studies.plain_clips import as_recorded, together


def probe_codec(config: RunConfig) -> str:
    """Return test scores of token probes by codec layer on the task, as Markdown."""
    data = TaskData.read(config)
    n_layers, codebook_size = data.codec.n_layers, data.codec.codebook_size
    train, tests = together(as_recorded(data, "train")), as_recorded(data, "test")
    scores = {}
    for layers in layer_sets(n_layers):
        count = partial(count_tokens, layers=layers, codebook_size=codebook_size)
        scores[layers] = bag_scores(train, tests, count)
    return layer_table(scores)
