"""Small buttons under a view, one a format, that download it."""

from __future__ import annotations

import gradio as gr

from audiotok.errors import AudiotokError
from audiotok.language import say
from audiotok.ui import answers
from audiotok.ui.analysed import Analysis
from audiotok.ui.export import EXPORTS, FileFormat, write_file
from audiotok.ui.models import Models
from audiotok.ui.session import Sessions
from audiotok.ui.templates import render_line
from audiotok.ui.texts import GONE

IS_DARK = "(analysis, dark) => [analysis, document.body.classList.contains('dark')]"
CLICK_LINK = """
() => setTimeout(() => document.querySelector('#at-download').click(), 150)
"""


class TakeAlong:
    """One hidden download link, and the buttons that fill and click it.

    Parameters
    ----------
    analysis : holds an Analysis, or None.
    """

    def __init__(self, models: Models, sessions: Sessions, analysis: gr.State) -> None:
        self._models = models
        self._sessions = sessions
        self._analysis = analysis
        self._link = gr.DownloadButton(visible="hidden", elem_id="at-download")
        self._dark = gr.Checkbox(visible="hidden", elem_classes="at-hidden")

    def buttons(self, view: str) -> None:
        """Add a view's buttons here."""
        export = EXPORTS[view]
        with gr.Row(elem_classes="at-take"):
            gr.HTML(
                render_line("<span>{{ say(called) }}</span>", called=export.called),
                apply_default_css=False,
            )
            for format in export.formats:
                button = gr.Button(
                    format.upper(),
                    size="sm",
                    scale=0,
                    min_width=0,
                    elem_id=f"at-{view}-{format}",
                )
                self._wire(button, view, format)

    def _wire(self, button: gr.Button, view: str, format: FileFormat) -> None:
        def take(analysis: Analysis | None, dark: bool, request: gr.Request) -> str:
            if analysis is None:
                raise gr.Error(say(GONE), print_exception=False)
            try:
                folder = self._sessions.folder(request.session_hash)
                return answers.answered(
                    self._models,
                    lambda: str(write_file(folder, view, format, analysis, dark is True)),
                )
            except AudiotokError as error:
                raise gr.Error(str(error), print_exception=False) from error

        button.click(
            take,
            [self._analysis, self._dark],
            self._link,
            js=IS_DARK,
            show_progress="hidden",
            api_visibility="private",
        ).success(None, js=CLICK_LINK)
