"""From options to a running server."""

from __future__ import annotations

from pathlib import Path

from audiotok.assets import EXAMPLES
from audiotok.audio import Limits
from audiotok.errors import AudiotokError
from audiotok.ui.examples import load_examples
from audiotok.ui.models import Models
from audiotok.ui.page import build_page
from audiotok.ui.session import Sessions
from audiotok.ui.theme import STYLE, theme

MAX_WAITING = 64
MAX_VISITORS = 100  # whose last result is kept; up to 8 MB each, for clips of a minute


def serve(
    models: Models,
    uploads: Path,
    host: str | None = None,
    port: int | None = None,
    share: bool = False,
) -> None:
    """Serve the page and begin to load the models; stay until the server is stopped.

    Parameters
    ----------
    uploads : the folder that Gradio keeps uploads in.
    host, port : where to listen; Gradio's environment variables and defaults where None.
    share : also ask Gradio for a public https address.

    Raises
    ------
    AudiotokError
        When the port is taken.
    """
    page = build_page(models, Sessions(uploads), load_examples())
    page.queue(default_concurrency_limit=1, max_size=MAX_WAITING)
    try:
        page.launch(
            server_name=host,
            server_port=port,
            share=share,
            theme=theme(),
            css_paths=STYLE,
            max_file_size=Limits().max_bytes,
            allowed_paths=[str(EXAMPLES)],
            footer_links=["api"],
            run_history=False,
            state_session_capacity=MAX_VISITORS,
            ssr_mode=False,
            prevent_thread_lock=True,
        )
    except OSError as error:
        raise AudiotokError(f"The page cannot be served: {error}") from error
    models.start()
    page.block_thread()
