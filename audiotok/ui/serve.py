"""From options to a running server."""

from __future__ import annotations

from pathlib import Path

from starlette.middleware import Middleware

from audiotok.assets import EXAMPLES
from audiotok.audio import Limits
from audiotok.errors import AudiotokError
from audiotok.ui.examples import load_examples
from audiotok.ui.gate import Gate
from audiotok.ui.models import Models
from audiotok.ui.page import build_page
from audiotok.ui.playable import Playable
from audiotok.ui.room import MAX_BYTES, Room
from audiotok.ui.session import Sessions
from audiotok.ui.theme import STYLES, theme

# Whose last result is kept, up to 8 MB each for clips of a minute; who came longest ago goes first.
MAX_SESSIONS = 100


def serve(
    models: Models,
    uploads: Path,
    host: str | None = None,
    port: int | None = None,
    share: bool = False,
    max_upload_bytes: int = MAX_BYTES,
) -> None:
    """Serve the page and begin to load the models; stay until the server is stopped.

    Parameters
    ----------
    uploads : the folder that Gradio keeps uploads in.
    host, port : where to listen; Gradio's environment variables and defaults where None.
    share : also ask Gradio for a public https address.
    max_upload_bytes : what all uploads together may take on disk.

    Raises
    ------
    AudiotokError
        When the port is taken.
    """
    sessions = Sessions(uploads)
    page = build_page(models, sessions, load_examples())
    page.line_up()
    room = Room(uploads, max_upload_bytes)
    playable = Playable(sessions, room, models.worker)
    gate = Middleware(Gate, room=room, playable=playable, events=page.fns)
    try:
        page.launch(
            server_name=host,
            server_port=port,
            share=share,
            theme=theme(),
            css_paths=STYLES,
            max_file_size=Limits().max_bytes,
            allowed_paths=[str(EXAMPLES)],
            footer_links=["api"],
            run_history=False,
            state_session_capacity=MAX_SESSIONS,
            app_kwargs={"middleware": [gate]},
            ssr_mode=False,
            prevent_thread_lock=True,
        )
    except OSError as error:
        raise AudiotokError(f"The page cannot be served: {error}") from error
    try:
        sessions.keep_sweeping()
        models.start(on_failure=page.tell)
        page.block_thread()
    finally:
        page.close(verbose=False)  # so that nothing arrives while the uploads are deleted
