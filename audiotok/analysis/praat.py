"""A prediction as a TextGrid, the annotation file of Praat (Boersma & Weenink)."""

from __future__ import annotations

from pathlib import Path

from praatio.data_classes.interval_tier import IntervalTier
from praatio.data_classes.textgrid import Textgrid

from audiotok.analysis.verdict import has_words, verdict_sentence
from audiotok.prediction import Prediction

Interval = tuple[float, float, str]


def write_textgrid(prediction: Prediction, path: Path) -> None:
    """Write tokens, words and verdict as tiers of intervals over the clip.

    There is a tier ``L<n>`` for each layer of the audio vocabulary in which a selected token
    sounds, its intervals named by token and the class that it speaks for; a tier ``words`` with the
    whole text, whose times are not known, where there is one; and a tier ``verdict``.
    """
    duration_s = prediction.recording.duration_s
    grid = Textgrid(0.0, duration_s)
    if has_words(prediction):
        _add(grid, "words", [(0.0, duration_s, prediction.text)], duration_s)
    for layer in prediction.vocabulary.layers:
        if intervals := _tokens_of(prediction, layer):
            _add(grid, f"L{layer}", intervals, duration_s)
    _add(grid, "verdict", [(0.0, duration_s, verdict_sentence(prediction))], duration_s)
    grid.save(str(path), format="long_textgrid", includeBlankSpaces=True, reportingMode="error")


def _tokens_of(prediction: Prediction, layer: int) -> list[Interval]:
    vocabulary, frame_s = prediction.vocabulary, prediction.frame_s
    found = []
    for each in prediction.selected:
        # A codec's last frame may reach beyond the clip.
        start_s = each.frame * frame_s
        end_s = min(each.end * frame_s, prediction.recording.duration_s)
        if each.layer == layer and start_s < end_s:
            name = f"{vocabulary.strings[each.index]} {vocabulary.spoken_for[each.index]}"
            found.append((start_s, end_s, name))
    return found


def _add(grid: Textgrid, name: str, intervals: list[Interval], duration_s: float) -> None:
    labelled = [(start, end, " ".join(label.split())) for start, end, label in intervals]
    grid.addTier(IntervalTier(name, labelled, 0.0, duration_s))
