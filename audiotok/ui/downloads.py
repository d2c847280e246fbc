"""Small buttons, one a format, that make a file and download it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import gradio as gr

from audiotok.errors import AudiotokError
from audiotok.ui import answers
from audiotok.ui.models import Models
from audiotok.ui.session import Sessions

# What is asked for, and whether the page is dark: figures are drawn for its background.
IS_DARK = "(asked, dark) => [asked, document.body.classList.contains('dark')]"

# The answer itself is clicked: when the page shows it in the component is not known.
SAVE = """(file) => {
  const link = document.createElement('a');
  link.href = file.url;
  link.download = file.orig_name;
  document.body.append(link);
  link.click();
  link.remove();
}"""

Write = Callable[[Path, Any, bool], Path]


class Downloads:
    """A hidden place for a file, and the buttons that fill it and let the browser save it."""

    def __init__(self, models: Models, sessions: Sessions) -> None:
        self._models = models
        self._sessions = sessions
        self._file = gr.DownloadButton(visible="hidden", elem_classes="at-hidden")
        self._dark = gr.Checkbox(visible="hidden", elem_classes="at-hidden")

    def buttons(
        self, view: str, formats: Iterable[str], visible: bool = True
    ) -> dict[str, gr.Button]:
        """Add a view's buttons here, by format."""
        return {
            format: gr.Button(
                format.upper(),
                size="sm",
                scale=0,
                min_width=0,
                visible=visible,
                elem_id=f"at-{view}-{format}",
            )
            for format in formats
        }

    def wire(self, button: gr.Button, asked: Any, write: Write, js: str = IS_DARK) -> None:
        """Let a button download a file.

        Parameters
        ----------
        asked : the component whose value says what is asked for.
        write : writes the file into a folder, from that value and whether the page is dark, and
            gives its path; an AudiotokError of it is shown.
        js : gives the value and whether the page is dark.
        """

        def take(value: object, dark: object, request: gr.Request) -> str:
            try:
                folder = self._sessions.folder(request.session_hash)
                return answers.answered(
                    self._models, lambda: str(write(folder, value, dark is True))
                )
            except AudiotokError as error:
                raise gr.Error(str(error), print_exception=False) from error

        button.click(
            take,
            [asked, self._dark],
            self._file,
            js=js,
            show_progress="hidden",
            api_visibility="private",
        ).success(None, self._file, js=SAVE)
