"""Leave-one-corpus-out scores: each corpus by a model trained without it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from train.bundles.graph import run
from train.corpora.reading import read_corpora
from train.corpora.records import EVERYONE
from train.evaluation.reports import Report
from train.settings.task import RunConfig
from train.studies.scores import score_bundle


def score_unseen_corpora(config: RunConfig, n_seeds: int | None = None) -> list[Report]:
    """Train once without each corpus of neutral sentences, and score on that corpus.

    A corpus that is read twice, such as by what was meant and by what was heard, is left out as a
    whole. The runs are in ``<work>-without-<corpus>``, beside the config's own folder, so that they
    share the cache of codes. ``n_seeds`` uses the first of the configured seeds only, to save time.

    The lasso's C weighs a sum over clips, so without most of them it would keep few tokens or none:
    C is multiplied by how many times fewer clips are left, rounded.
    """
    finetune = config.finetune.model_copy(update={"seeds": config.finetune.seeds[:n_seeds]})
    scored_ships = {"refit_on_all_splits": False}
    bag = config.bag_of_tokens and config.bag_of_tokens.model_copy(update=scored_ships)
    probe = config.encoder_probe and config.encoder_probe.model_copy(update=scored_ships)
    reports = []
    neutral = [corpus for corpus in config.corpora if corpus.words_carry_no_label]
    n_clips = Counter(
        corpus.root
        for corpus, record in read_corpora(config.corpora, config.data_dir)
        if record.split == "train" and record.audio
    )
    for root in dict.fromkeys(corpus.root for corpus in neutral):
        fewer = max(1, round(n_clips.total() / max(1, n_clips.total() - n_clips[root])))
        selection = config.selection.model_copy(update={"C": fewer * config.selection.C})
        work = Path(f"{config.work}-without-{root.name}")
        everyone = {"splits": {"test": [EVERYONE]}}
        corpora = [
            corpus.model_copy(update=everyone) if corpus.root == root else corpus
            for corpus in config.corpora
        ]
        other = config.model_copy(
            update={
                "work": work,
                "out": work / "bundle",
                "selection": selection,
                "bag_of_tokens": bag,
                "encoder_probe": probe,
                "corpora": corpora,
                "finetune": finetune,
            }
        )
        run(other)
        reports += [
            report | {"corpus": f"{report['corpus']}, never heard before"}
            for report in score_bundle(other, only=root)
        ]
    return reports
