"""Scores of test splits of every make: voices beside texts, neutral items alone, nothing at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotok.bundle import Bundle
from audiotok.calibration import Calibration
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from tests.conftest import LABELS, tone
from train.corpora.audio_parts import Part
from train.corpora.records import Record
from train.evaluation.calibration_fit import default_decision, fit_decision
from train.evaluation.reports import Report
from train.evaluation.score_tables import score_table
from train.evaluation.scoring import score, voice_scores
from train.method.training_examples import Labelled, View
from train.settings.task import RunConfig

CLIP = (Part(Path("a.wav")),)
CALIBRATION = "calibration error (lower is better)"
TOP_CALIBRATION = f"top-label {CALIBRATION}"
VERDICT = "macro-F1 of the verdict, 4 classes"


@pytest.fixture(scope="module")
def classifier(bundle: Bundle, codec: Codec) -> Classifier:
    return Classifier.load(bundle, codec)


@pytest.fixture(scope="module")
def view(bundle: Bundle, codec: Codec) -> View:
    codes = codec.encode(tone(0.5))
    return View(bundle.vocabulary.find(codes), codes)


def labelled(number: int, labels: tuple[str, ...], views: tuple[View, ...] = ()) -> Labelled:
    """An item of one corpus; with a view of its clip, or text alone."""
    audio = CLIP if views else ()
    record = Record(f"{number}", audio, "good news", labels, f"s{number % 2}", "test", "mine")
    return Labelled(record, np.array([int(name in labels) for name in LABELS]), views, False)


def measures(reports: list[Report]) -> dict[str, int]:
    return {report["measure"]: report["n"] for report in reports}


def test_rows_with_and_without_audio_of_one_corpus_are_each_scored(classifier, view) -> None:
    texts = [labelled(n, (label,)) for n, label in enumerate(LABELS)]
    voices = [labelled(10 + n, (label,), (view,)) for n, label in enumerate(LABELS[:2])]
    wanted = {
        "top-1 macro-F1, 2 labels": 2,
        CALIBRATION: 2,
        TOP_CALIBRATION: 2,
        VERDICT: 2,
        "macro-F1, 4 classes": 3,
    }
    for items in (voices + texts, texts + voices):
        reports = score(classifier, items)
        assert measures(reports) == wanted
        assert {report["corpus"] for report in reports} == {"mine"}
        assert "mine" in score_table({"emotion": reports})


def test_neutral_voices_alone_have_no_label_to_tell_but_a_calibration(classifier, view) -> None:
    reports = score(classifier, [labelled(n, (), (view,)) for n in range(3)])
    assert measures(reports) == {CALIBRATION: 3, TOP_CALIBRATION: 3, VERDICT: 3}
    json.dumps(reports, allow_nan=False)


def test_a_speaker_who_is_only_neutral_has_no_score_of_their_own(classifier, view) -> None:
    items = [labelled(0, ("anger",), (view,)), labelled(1, (), (view,))]
    top1, *_ = score(classifier, items)
    assert list(top1["per_speaker"]) == ["s0"]
    json.dumps(top1, allow_nan=False)


def test_neutral_texts_alone_are_scored_by_their_verdict(classifier) -> None:
    (report,) = score(classifier, [labelled(n, ()) for n in range(2)])
    assert (report["measure"], report["n"]) == ("macro-F1, 4 classes", 2)


def test_items_of_several_labels_alone_are_no_crash(classifier, view, caplog) -> None:
    both = ("happiness", "anger")
    assert score(classifier, [labelled(0, both)]) == []
    assert "no test example of mine has what a score counts" in caplog.text
    assert measures(score(classifier, [labelled(0, both, (view,))])) == {
        CALIBRATION: 1,
        TOP_CALIBRATION: 1,
    }


def test_exclusive_labels_with_only_neutral_items_are_no_crash(bundle, codec, view) -> None:
    exclusive = bundle.config.model_copy(update={"multi_label": False, "thresholds": {}})
    classifier = Classifier.load(replace(bundle, config=exclusive), codec)
    assert score(classifier, [labelled(0, ()), labelled(1, (), (view,))]) == []


def test_voices_are_scored_where_texts_or_neutral_ones_stand_beside_them(classifier, view) -> None:
    voice, text = labelled(0, ("anger",), (view,)), labelled(1, ("anger",))
    alone = voice_scores(classifier, [voice])
    assert voice_scores(classifier, [text, voice]) == alone
    assert list(alone) == ["mine"]
    assert voice_scores(classifier, [text, labelled(2, (), (view,))]) == {}


@pytest.mark.parametrize("multi_label", [True, False])
@pytest.mark.parametrize("made", ["nothing", "texts", "neutral voices"])
def test_what_validation_lacks_is_not_decided(bundle, codec, view, made, multi_label) -> None:
    config = RunConfig(
        task="mood",
        labels=LABELS,
        multi_label=multi_label,
        data_dir=Path(),
        work=Path(),
        out=Path(),
        corpora=[],
    )
    items = {
        "nothing": [],
        "texts": [labelled(n, (label,)) for n, label in enumerate(LABELS)],
        "neutral voices": [labelled(n, (), (view,)) for n in range(2)],
    }[made]
    settings = {"multi_label": multi_label, "thresholds": default_decision(config).thresholds}
    raw = Classifier.load(replace(bundle, config=bundle.config.model_copy(update=settings)), codec)
    decision = fit_decision(raw, items, config)
    assert ("text_audio" in decision.thresholds) == (multi_label or made == "neutral voices")
    if made == "texts":
        assert decision.calibration.get("text_audio", Calibration()) == Calibration()
