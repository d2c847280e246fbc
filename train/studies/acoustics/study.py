"""Tokens and acoustics: what selected tokens have to do with expert measures of unseen voices."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from audiotok.plots.figure import render
from train.bundles.assembly import measured_bundle
from train.bundles.task_data import TaskData
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import read_clip
from train.evaluation.markdown import number, table
from train.execution import processes
from train.settings.task import RunConfig
from train.studies.acoustics.picture import acoustics_figure
from train.studies.acoustics.relations import as_table
from train.studies.acoustics.tokens import Relations, relate, strongest_tokens
from train.studies.acoustics.voice_measures import MEASURES, measure_clip
from train.studies.acoustics.words import LEAST_RHO, words_of
from train.studies.intervals import counted
from train.studies.unseen_clips import sampled_clips

N_STRONGEST = 10


def relate_tokens(config: RunConfig, n_clips: int, picture: Path | None = None) -> str:
    """Relate the tokens of the bundle in ``config.out`` to measures of test speakers' voices.

    Parameters
    ----------
    n_clips : most of each corpus.
    picture : is written as PNG.

    Returns
    -------
    Markdown: what is told of each measure, and the strongest tokens of each class in words.
    """
    data = TaskData.read(config)
    vocabulary = measured_bundle(config).vocabulary
    records = sampled_clips(data, n_clips)
    encoded = data.encode([ClipVariant(record) for record in records])
    variants = list(encoded.codes)
    measured = processes.share(
        variants, lambda variant: measure_clip(read_clip(variant.audio)), "acoustics"
    )
    found = relate(
        vocabulary,
        [encoded.codes[variant] for variant in variants],
        as_table(measured, list(MEASURES)),
        [(variant.record.corpus, variant.record.speaker) for variant in variants],
        data.codec.frame_s,
        data.codec.codebook_size,
    )
    if picture is not None and processes.is_first():
        picture.write_bytes(render(acoustics_figure(found), "png"))
    return "\n\n".join([measures_table(found), classes_table(found), how_measured(found)])


def measures_table(found: Relations) -> str:
    """Return for each measure the tokens that go with it and R² by layer."""
    rows = []
    for column, measure in enumerate(MEASURES.values()):
        is_found = found.correlations.is_found[:, column]
        rho = np.where(is_found, found.correlations.rho[:, column], 0.0)
        strongest = int(np.abs(rho).argmax())
        named = f"`{found.vocabulary.strings[strongest]}` {rho[strongest]:+.2f}"
        rows.append(
            [
                f"{measure.name} ({measure.unit})" if measure.unit else measure.name,
                str(int(is_found.sum())),
                named if is_found.any() else "–",
                *(number(value) for value in found.explained[:, column]),
            ]
        )
    tokens = f"tokens of {len(found.vocabulary)} that go with it"
    layers = [f"R² of layer {n}" for n in range(1, len(found.explained) + 1)]
    return table(["measure", tokens, "the strongest, ρ", *layers], rows)


def classes_table(found: Relations) -> str:
    """Return the strongest tokens of each class, with their profiles in words."""
    rows = []
    for place, name in enumerate(found.vocabulary.classes):
        told = []
        for token in strongest_tokens(found.vocabulary, place, N_STRONGEST):
            words = ", ".join(words_of(found.correlations, token, list(MEASURES)))
            told.append(f"`{found.vocabulary.strings[token]}` {words or '–'}")
        rows.append([name, "<br>".join(told)])
    head = f"its {N_STRONGEST} tokens of largest lasso weight: the voice when they sound more often"
    return table(["class", head], rows)


def how_measured(found: Relations) -> str:
    """Return how the tables were made, in a paragraph."""
    return (
        f"From {counted(found.n_clips, 'clip')} of {counted(found.n_speakers, 'speaker')} who are "
        "in no training. Measures are taken from the speaker's own median, rates of tokens from "
        "the speaker's own mean. A token goes with a measure where Spearman's ρ has a "
        "false-discovery rate of at most 5 % among all tokens and measures (Benjamini & Hochberg); "
        f"it gets a word where |ρ| is also at least {LEAST_RHO}. R² is that of ridge regression "
        "from the square roots of the shares of all codes of a layer, on speakers whom it was not "
        "fitted to; below 0 it is worse than the mean."
    )
