"""Everything that can be taken along."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from audiotok.analysis.ablation import ablation
from audiotok.analysis.attention import attention_rows
from audiotok.analysis.attention_map import attention_map, thumbnails
from audiotok.analysis.embedding_map import clip_on_map
from audiotok.analysis.flow import flow
from audiotok.analysis.knockout import knockout
from audiotok.analysis.lasso_path import lasso_path
from audiotok.analysis.occlusion import occlusion
from audiotok.analysis.swap import flat_voice
from audiotok.errors import AudiotokError
from audiotok.ui.analysed import Analysis
from audiotok.ui.export import FORMATS, write_file
from tests.fake_classifier import N_HEADS, N_LAYERS, FakeClassifier, telling_bundle


@pytest.fixture
def analysis(clip: Path) -> Analysis:
    classifier = FakeClassifier()
    prediction = classifier.predict(clip, "Dinner is at seven.", attentions=True)
    return Analysis(
        prediction,
        layer=2,
        attention=attention_rows(prediction),
        occlusion=occlusion(classifier, prediction),
        ablation=ablation(classifier, prediction),
        flat=flat_voice(classifier, prediction),
        attention_map=attention_map(prediction, layer=2),
        thumbnails=thumbnails(prediction),
        n_heads=(N_LAYERS, N_HEADS),
        flow=flow(prediction),
        knockout=knockout(classifier, prediction),
        path=lasso_path(telling_bundle("emotion"), prediction),
        clip_on_map=clip_on_map(telling_bundle("emotion"), prediction),
    )


@pytest.mark.parametrize(("view", "format"), [(v, f) for v, each in FORMATS.items() for f in each])
def test_every_view_in_every_format(tmp_path, analysis, view, format):
    path = write_file(tmp_path, view, format, analysis)
    assert path.name == f"emotion-{view}.{format}"
    if format == "json":
        assert json.loads(path.read_text(encoding="utf-8"))
    elif format == "csv":
        with path.open(newline="", encoding="utf-8") as file:
            assert len(list(csv.DictReader(file))) >= N_LAYERS + 1  # the fewest: depths of a flow
    elif format == "png":
        assert path.read_bytes().startswith(b"\x89PNG")
    else:
        assert "<svg" in path.read_text(encoding="utf-8")


def test_figures_follow_the_page_into_the_dark(tmp_path, analysis):
    light = write_file(tmp_path, "verdict", "svg", analysis).read_text()
    dark = write_file(tmp_path, "verdict", "svg", analysis, dark=True).read_text()
    assert "#16181d" in dark.lower()
    assert "#16181d" not in light.lower()


def test_the_verdict_taken_along_says_what_it_is_relative_to(tmp_path, clip):
    analysis = Analysis(FakeClassifier().predict(clip, "Dinner is at seven.", clip))
    record = json.loads(write_file(tmp_path, "verdict", "json", analysis).read_text())
    assert record["n_references"] == 1
    figure = write_file(tmp_path, "verdict", "svg", analysis).read_text(encoding="utf-8")
    assert "relative to your neutral clip" in figure


def test_the_attention_is_that_of_the_choosers(tmp_path, analysis):
    record = json.loads(write_file(tmp_path, "attention", "json", analysis).read_text())
    assert (record["layer"], record["head"]) == (2, None)


@pytest.mark.parametrize(
    "view",
    ["attention", "moments", "flat", "flow", "knockout", "map", "model", "path", "embeddings"],
)
def test_a_view_that_was_never_opened_is_refused(tmp_path, analysis, view):
    with pytest.raises(AudiotokError, match="open its tab"):
        write_file(tmp_path, view, "json", Analysis(analysis.prediction))


def test_what_is_no_table_is_refused_as_one(tmp_path, analysis):
    with pytest.raises(AudiotokError, match="json, png, svg"):
        write_file(tmp_path, "attention", "csv", analysis)


def test_figures_are_about_the_label_that_is_chosen(tmp_path, analysis):
    chosen = replace(analysis, label="fear")
    for view in ("moments", "parts"):
        assert (
            "fear" in json.loads(write_file(tmp_path, view, "json", chosen).read_text())["sentence"]
        )
