"""Small buttons under a view, one a format, that download it."""

from __future__ import annotations

import gradio as gr

from audiotok.errors import AudiotokError
from audiotok.ui import answers
from audiotok.ui.export import FORMATS, Analysis, FileFormat, View, write_file
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

    def buttons(self, view: View) -> None:
        """Add a view's buttons here."""
        with gr.Row(elem_classes="at-take"):
            gr.HTML(
                render_line("<span>Take the {{ view }} along</span>", view=view),
                apply_default_css=False,
            )
            for format in FORMATS[view]:
                button = gr.Button(
                    format.upper(),
                    size="sm",
                    scale=0,
                    min_width=0,
                    elem_id=f"at-{view}-{format}",
                )
                self._wire(button, view, format)

    def _wire(self, button: gr.Button, view: View, format: FileFormat) -> None:
        def take(analysis: Analysis | None, dark: bool, request: gr.Request) -> str:
            if analysis is None:
                raise gr.Error(GONE, print_exception=False)
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
