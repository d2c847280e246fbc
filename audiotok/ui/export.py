"""Files to take along: every view as JSON or CSV, and its figure as PNG and SVG."""

from __future__ import annotations

from collections.abc import Callable
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
from audiotok.language import mark, say
from audiotok.ui import export_why
from audiotok.ui.analysed import Analysis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FileFormat = Literal["json", "csv", "png", "svg"]


@dataclass(frozen=True)
class Export:
    """How a view leaves: as a record, a figure (light or dark) and, where it is one, a table.

    Attributes
    ----------
    called : the line before its buttons.
    """

    called: str
    record: Callable[[Analysis], Record]
    figure: Callable[[Analysis, bool], Figure]
    table: Callable[[Analysis], str] | None = None

    @property
    def formats(self) -> tuple[FileFormat, ...]:
        """The formats in which it leaves."""
        return ("json", "csv", "png", "svg") if self.table else ("json", "png", "svg")


def write_file(
    folder: Path, view: str, format: FileFormat, analysis: Analysis, dark: bool = False
) -> Path:
    """Write a view in a format and give the file.

    Raises
    ------
    AudiotokError
        When the view is asked for before it was looked at, or is no table.
    """
    export = EXPORTS[view]
    path = folder / f"{analysis.prediction.task}-{view}.{format}"
    if format == "json":
        path.write_text(as_json(export.record(analysis)), encoding="utf-8")
    elif format == "csv":
        if not export.table:
            raise AudiotokError(
                say("This view leaves as {formats}.", formats=", ".join(export.formats))
            )
        path.write_text(export.table(analysis), encoding="utf-8")
    else:
        from audiotok.plots.figure import render

        path.write_bytes(render(export.figure(analysis, dark), format))
    return path


def _verdict_figure(analysis: Analysis, dark: bool) -> Figure:
    from audiotok.plots.verdict import verdict_figure

    prediction = analysis.prediction
    rows, sentence = label_rows(prediction), verdict_sentence(prediction)
    return verdict_figure(rows, sentence, has_words(prediction), dark, relative_to(prediction))


def _tokens_figure(analysis: Analysis, dark: bool) -> Figure:
    from audiotok.plots.stream import stream_figure

    return stream_figure(analysis.prediction, dark)


def _attention_record(analysis: Analysis) -> Record:
    return attention_record(_attention(analysis), analysis.layer, analysis.head)


def _attention_figure(analysis: Analysis, dark: bool) -> Figure:
    from audiotok.plots.attention import attention_figure

    return attention_figure(_attention(analysis), analysis.layer, analysis.head, dark)


def _attention(analysis: Analysis) -> AttentionRows:
    if analysis.attention is None:
        raise AudiotokError(say("The attention has not been looked at yet; open its tab first."))
    return analysis.attention


EXPORTS = {
    "verdict": Export(
        mark("Take the verdict along"),
        lambda analysis: full_verdict_record(analysis.prediction),
        _verdict_figure,
        lambda analysis: verdict_csv(analysis.prediction),
    ),
    "tokens": Export(
        mark("Take the tokens along"),
        lambda analysis: tokens_record(analysis.prediction),
        _tokens_figure,
        lambda analysis: tokens_csv(analysis.prediction),
    ),
    "attention": Export(mark("Take the attention along"), _attention_record, _attention_figure),
    "moments": Export(
        mark("Take the moments along"),
        export_why.moments_record,
        export_why.moments_figure,
        export_why.moments_table,
    ),
    "parts": Export(mark("Take the parts along"), export_why.parts_record, export_why.parts_figure),
    "flat": Export(
        mark("Take the flat voice along"), export_why.flat_record, export_why.flat_figure
    ),
    "map": Export(mark("Take the map along"), export_why.map_record, export_why.map_figure),
    "model": Export(
        mark("Take the model view along"), export_why.model_record, export_why.model_figure
    ),
    "flow": Export(
        mark("Take the flow along"),
        export_why.flow_record,
        export_why.flow_figure,
        export_why.flow_table,
    ),
    "knockout": Export(
        mark("Take the knock-out map along"),
        export_why.knockout_record,
        export_why.knockout_figure,
        export_why.knockout_table,
    ),
    "path": Export(
        mark("Take the path along"),
        export_why.path_record,
        export_why.path_figure,
        export_why.path_table,
    ),
    "embeddings": Export(
        mark("Take the map along"),
        export_why.embeddings_record,
        export_why.embeddings_figure,
        export_why.embeddings_table,
    ),
}
FORMATS: dict[str, tuple[FileFormat, ...]] = {
    view: export.formats for view, export in EXPORTS.items()
}
