"""Rollout and knock-out over test speakers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from audiotok.analysis.flow import flow
from audiotok.analysis.knockout import PATHS, knockout
from audiotok.audio import SAMPLE_RATE
from audiotok.errors import DataError
from audiotok.plots.figure import render
from tests.fake_classifier import N_LAYERS, FakeClassifier, make_prediction
from tests.sounds import spoken
from tests.talkative import classifier_of
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.studies.flow import effects_table, origins_table
from train.studies.flow_averages import ClipFlow, averages, clip_flow
from train.studies.flow_picture import flow_figure
from train.studies.unseen_clips import of_each, sampled_clips, source_of


def record(name: str, speaker: str, corpus: str = "mine", **changes: object) -> Record:
    facts = {"audio": (Part(Path(name)),), "labels": ("sadness",), "split": "test"} | changes
    return Record(**{"id": name, "speaker": speaker, "corpus": corpus, "text": "Dinner."} | facts)


def data_of(*records: Record) -> SimpleNamespace:
    config = SimpleNamespace(
        labels=("sadness", "anger"), label_map={}, neutral_labels=["neutral"], multi_label=True
    )
    return SimpleNamespace(records=[(None, each) for each in records], config=config)


def test_the_sample_is_of_test_speakers_alone_and_as_many_of_each() -> None:
    of_two = [
        record(f"{who}{n}", who) for who, count in (("a", 30), ("b", 4)) for n in range(count)
    ]
    others = [
        record("seen", "c", split="train"),
        record("boredom", "a", labels=("boredom",)),
        record("b1", "b", corpus="again"),  # the same file, labelled by others
        record("elsewhere", "d", corpus="elsewhere"),
    ]
    chosen = sampled_clips(data_of(*of_two, *others), 10)
    assert [each.speaker for each in chosen].count("b") == 4
    assert [each.speaker for each in chosen].count("a") == 6
    assert chosen[-1].id == "elsewhere"
    assert len(chosen) == 11
    assert chosen == sampled_clips(data_of(*of_two, *others), 10)
    with pytest.raises(DataError, match="No corpus of this config"):
        sampled_clips(data_of(record("seen", "c", split="train")), 10)


def test_a_clip_that_the_page_would_refuse_is_left_out(tmp_path, caplog) -> None:
    soundfile.write(tmp_path / "good.wav", spoken(1.0), SAMPLE_RATE)
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    records = [record(str(tmp_path / name), "a") for name in ("bad.wav", "good.wav")]
    found = of_each(FakeClassifier(), records, lambda clip, told: (clip.id, told.n_frames), "try")
    assert found == [(records[1].id, 50)]
    assert "bad.wav" in caplog.text
    rate, samples = source_of(record("x", "a", audio=(Part(tmp_path / "good.wav", 0.2, 0.7),)))
    assert (rate, len(samples)) == (SAMPLE_RATE, SAMPLE_RATE // 2)


def test_a_clip_has_the_shares_and_effects_of_the_page() -> None:
    classifier, prediction = FakeClassifier(), make_prediction()
    told = FakeClassifier().predict((SAMPLE_RATE, spoken(1.0)), "Dinner is at seven.", None, True)
    found = clip_flow(classifier, record("a", "a"), told)
    np.testing.assert_allclose(found.origins, flow(told).origins)
    cut = knockout(classifier, told)
    place = cut.labels.index(told.verdict_text_audio)
    assert tuple(found.effects) == PATHS
    np.testing.assert_allclose(found.effects[PATHS[1]], cut.effects[1, :, place])
    assert prediction.labels == told.labels


def test_a_decoder_has_no_way_from_voice_to_words(codec) -> None:
    classifier = classifier_of("tiny/llama", codec)
    told = classifier.predict((SAMPLE_RATE, spoken(0.8)), "good news", attentions=True)
    found = clip_flow(classifier, record("a", "a"), told)
    assert found.origins.shape == (3, 3)
    assert "voice to words" not in found.effects
    assert tuple(found.effects) == (PATHS[1], PATHS[2])


def clips_of(corpus: str, *speakers: str, cut: bool = True) -> list[ClipFlow]:
    windows = ((1, 1), (2, 2), (1, 2)) if cut else ()
    return [
        ClipFlow(
            corpus,
            speaker,
            np.array([[0.2, 0.7, 0.1], [0.3, 0.6, 0.1], [0.4 + number / 10, 0.5, 0.1]]),
            windows,
            {PATHS[0]: np.array([0.01, -0.02, 0.1 * number])} if cut else {},
        )
        for number, speaker in enumerate(speakers)
    ]


def test_averages_stand_in_tables_and_in_a_picture() -> None:
    found = averages([*clips_of("one", "a", "b", "c"), *clips_of("two", "d", cut=False)])
    assert [(each.corpus, each.n_speakers, each.n_cut) for each in found] == [
        ("one", 3, 3),
        ("two", 1, 0),
    ]
    np.testing.assert_allclose(found[0].origins.mean[-1], [0.5, 0.5, 0.1])
    assert "| one, 3 clips, 3 speakers | embeddings | 20.0 (20.0 to 20.0) |" in origins_table(found)
    (row,) = effects_table(found).splitlines()[2:]
    assert "+10.0 (" in row
    assert "−" not in row
    figure = flow_figure(found)
    above, _, below, empty = figure.axes
    np.testing.assert_allclose(above.lines[1].get_ydata(), [0.7, 0.6, 0.5])
    assert [text.get_text() for text in below.get_yticklabels()] == [PATHS[0]]
    assert [text.get_text() for text in below.texts] == ["+1.0", "−2.0", "+10.0"]
    assert not empty.axison
    assert render(figure, "png").startswith(b"\x89PNG")


def test_as_many_layers_as_the_backbone_has() -> None:
    told = FakeClassifier().predict((SAMPLE_RATE, spoken(1.0)), "", None, True)
    found = clip_flow(FakeClassifier(), record("a", "a", text=""), told)
    assert len(found.origins) == N_LAYERS + 1
    assert tuple(found.effects) == (PATHS[1],)  # there are no words
