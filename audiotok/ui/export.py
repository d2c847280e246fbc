"""Files to take along: verdict and tokens as JSON and CSV, every figure as PNG and SVG."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from audiotok.analysis.attention import AttentionRows
from audiotok.analysis.export import (
    Record,
    as_json,
    attention_record,
    full_verdict_record,
    tokens_csv,
    tokens_record,
    verdict_csv,
)
from audiotok.analysis.verdict import has_words, label_rows, relative_to, verdict_sentence
from audiotok.errors import AudiotokError
from audiotok.prediction import Prediction

if TYPE_CHECKING:
    from matplotlib.figure import Figure

View = Literal["verdict", "tokens", "attention"]
FileFormat = Literal["json", "csv", "png", "svg"]
FORMATS: dict[View, tuple[FileFormat, ...]] = {
    "verdict": ("json", "csv", "png", "svg"),
    "tokens": ("json", "csv", "png", "svg"),
    "attention": ("json", "png", "svg"),
}


@dataclass(frozen=True)
class Analysis:
    """What one visitor is looking at.

    Attributes
    ----------
    attention : None until it is looked at.
    layer, head : the attention's choosers; None is the mean over all.
    """

    prediction: Prediction
    attention: AttentionRows | None = None
    layer: int | None = None
    head: int | None = None


def write_file(
    folder: Path, view: View, format: FileFormat, analysis: Analysis, dark: bool = False
) -> Path:
    """Write a view in a format and give the file.

    Raises
    ------
    AudiotokError
        When the attention is asked for before it was looked at.
    """
    path = folder / f"{analysis.prediction.task}-{view}.{format}"
    if format == "json":
        path.write_text(as_json(_record(view, analysis)), encoding="utf-8")
    elif format == "csv":
        table = verdict_csv if view == "verdict" else tokens_csv
        path.write_text(table(analysis.prediction), encoding="utf-8")
    else:
        from audiotok.plots.figure import render

        path.write_bytes(render(_figure(view, analysis, dark), format))
    return path


def _record(view: View, analysis: Analysis) -> Record:
    if view == "verdict":
        return full_verdict_record(analysis.prediction)
    if view == "tokens":
        return tokens_record(analysis.prediction)
    return attention_record(_attention(analysis), analysis.layer, analysis.head)


def _figure(view: View, analysis: Analysis, dark: bool) -> Figure:
    prediction = analysis.prediction
    if view == "verdict":
        from audiotok.plots.verdict import verdict_figure

        rows, sentence = label_rows(prediction), verdict_sentence(prediction)
        return verdict_figure(rows, sentence, has_words(prediction), dark, relative_to(prediction))
    if view == "tokens":
        from audiotok.plots.stream import stream_figure

        return stream_figure(prediction, dark)
    from audiotok.plots.attention import attention_figure

    return attention_figure(_attention(analysis), analysis.layer, analysis.head, dark)


def _attention(analysis: Analysis) -> AttentionRows:
    if analysis.attention is None:
        raise AudiotokError("The attention has not been looked at yet; open its tab first.")
    return analysis.attention
