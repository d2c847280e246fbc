"""Leaving corpora out: none of a corpus's speakers may train what is scored on it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from train.settings.task import RunConfig
from train.settings.yaml_files import read_config
from train.studies import unseen


def test_a_corpus_read_twice_is_left_out_as_a_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        """
task: mood
labels: [happiness, sadness]
multi_label: true
work: runs/mood
out: bundle
data_dir: data
corpora:
  - {reader: crema_d, root: crema_d, task: heard, words_carry_no_label: true,
     splits: {train: ["1001"], validation: ["1002"], test: ["1003"]}}
  - {reader: crema_d, root: crema_d, task: meant, words_carry_no_label: true,
     other_speakers: leave_out, splits: {test: ["1003"]}}
  - {reader: ravdess, root: ravdess, words_carry_no_label: true,
     splits: {train: [Actor_01], validation: [Actor_02], test: [Actor_03]}}
  - {reader: goemotions, root: goemotions}
selection: {layers: [1], C: 0.5}
finetune: {seeds: [1, 2]}
"""
    )
    runs: list[RunConfig] = []
    config = read_config(path, RunConfig)
    heard_corpus, _, ravdess, _ = config.corpora
    clips = [(heard_corpus, "train")] * 4 + [(heard_corpus, "test"), (ravdess, "train")]
    found = [(corpus, SimpleNamespace(split=split, audio=("clip.wav",))) for corpus, split in clips]
    monkeypatch.setattr(unseen, "read_corpora", lambda corpora, data_dir: found)
    monkeypatch.setattr(unseen, "run", runs.append)
    monkeypatch.setattr(unseen, "score_bundle", lambda config, only: [{"corpus": only.name}])
    reports = unseen.score_unseen_corpora(config, 1)
    assert [report["corpus"].split(",")[0] for report in reports] == ["crema_d", "ravdess"]
    heard, kept = [
        {corpus.root.name: set(corpus.splits or ()) for corpus in run.corpora} for run in runs
    ]
    assert heard["crema_d"] == {"test"}
    assert heard["ravdess"] == {"train", "validation", "test"}
    assert kept["ravdess"] == {"test"}
    assert all(
        set(corpus.splits) == {"test"}
        for corpus in runs[0].corpora
        if corpus.root.name == "crema_d"
    )
    assert [run.finetune.seeds for run in runs] == [(1,), (1,)]
    # A fifth of the clips is left without CREMA-D, four fifths without RAVDESS.
    assert [run.selection.C for run in runs] == [2.5, 0.5]
