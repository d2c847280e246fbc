"""Small buttons under a view, one a format, that download it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import gradio as gr

from audiotok.errors import AudiotokError
from audiotok.language import say
from audiotok.ui.analysed import Analysis
from audiotok.ui.downloads import Downloads
from audiotok.ui.export import EXPORTS, FORMATS, FileFormat, write_file
from audiotok.ui.models import Models
from audiotok.ui.session import Sessions
from audiotok.ui.templates import render_line
from audiotok.ui.texts import GONE


class TakeAlong:
    """The views of an analysis as files.

    Parameters
    ----------
    analysis : holds an Analysis, or None.
    """

    def __init__(self, models: Models, sessions: Sessions, analysis: gr.State) -> None:
        self._analysis = analysis
        self._downloads = Downloads(models, sessions)

    def buttons(self, view: str) -> None:
        """Add a view's buttons here."""
        with gr.Row(elem_classes="at-take"):
            gr.HTML(
                render_line("<span>{{ say(called) }}</span>", called=EXPORTS[view].called),
                apply_default_css=False,
            )
            buttons = self._downloads.buttons(view, FORMATS[view])
        for format in FORMATS[view]:
            self._downloads.wire(buttons[format], self._analysis, partial(_write, view, format))


def _write(
    view: str, format: FileFormat, folder: Path, analysis: Analysis | None, dark: bool
) -> Path:
    if analysis is None:
        raise AudiotokError(say(GONE))
    return write_file(folder, view, format, analysis, dark)
