"""A prediction as a TextGrid, read back as Praat's own readers read it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from praatio import textgrid

from audiotok.analysis.praat import write_textgrid
from tests.fake_classifier import make_prediction


def read(path) -> textgrid.Textgrid:
    return textgrid.openTextgrid(str(path), includeEmptyIntervals=False)


def test_each_layer_words_and_verdict_are_tiers(tmp_path) -> None:
    prediction = make_prediction(text='He said\n"seven".', duration_s=1.0)
    write_textgrid(prediction, tmp_path / "clip.TextGrid")
    grid = read(tmp_path / "clip.TextGrid")
    layers = sorted({each.layer for each in prediction.selected})
    assert list(grid.tierNames) == ["words", *(f"L{layer}" for layer in layers), "verdict"]
    assert grid.maxTimestamp == pytest.approx(1.0)
    (words,) = grid.getTier("words").entries
    assert words.label == 'He said "seven".'
    (verdict,) = grid.getTier("verdict").entries
    assert verdict.label.startswith("The words alone read neutral")
    of_layer = [each for each in prediction.selected if each.layer == layers[0]]
    entries = grid.getTier(f"L{layers[0]}").entries
    assert [entry.start for entry in entries] == pytest.approx(
        [each.frame * 0.02 for each in of_layer]
    )
    name = prediction.vocabulary.strings[of_layer[0].index]
    assert entries[0].label.startswith(f"{name} ")


def test_tokens_last_as_long_as_they_sound_but_not_beyond_the_clip(tmp_path) -> None:
    prediction = make_prediction(text="", duration_s=0.5)
    (one, *_) = prediction.selected
    lasting = replace(one, frame=20, n_frames=9), replace(one, frame=25)
    write_textgrid(replace(prediction, selected=lasting), tmp_path / "clip.TextGrid")
    grid = read(tmp_path / "clip.TextGrid")
    assert "words" not in grid.tierNames
    (entry,) = grid.getTier(f"L{one.layer}").entries
    assert (entry.start, entry.end) == pytest.approx((0.4, 0.5))


def test_a_clip_without_tokens_has_its_verdict(tmp_path) -> None:
    prediction = replace(make_prediction(), selected=())
    write_textgrid(prediction, tmp_path / "clip.TextGrid")
    assert list(read(tmp_path / "clip.TextGrid").tierNames) == ["words", "verdict"]
