"""From options to a running server."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.middleware import Middleware

from audiotok.assets import EXAMPLES
from audiotok.audio import Limits
from audiotok.board.classes import Classes
from audiotok.errors import AudiotokError
from audiotok.ui.examples import load_examples
from audiotok.ui.gate import Gate
from audiotok.ui.models import Models
from audiotok.ui.page import build_page
from audiotok.ui.plain.routes import plain_routes
from audiotok.ui.playable import Playable
from audiotok.ui.reach import Reach
from audiotok.ui.room import MAX_BYTES, Room
from audiotok.ui.session import Sessions
from audiotok.ui.theme import STYLES, theme

if TYPE_CHECKING:
    from audiotok.ui.certificate import Certificate

# Whose last result is kept, up to 8 MB each for clips of a minute; who came longest ago goes first.
MAX_SESSIONS = 100
# After each event Gradio sums up all that there were, for a page that nobody may open here: with a
# few hundred of them that takes longer than the event.
UNCOUNTED = {"GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9), "GRADIO_ANALYTICS_MAX_EVENTS": "1"}
NO_ANSWER = (
    "The page does not answer at its own address: let NO_PROXY name localhost where there is a "
    "proxy, and try again where the machine was busy."
)


def serve(
    models: Models,
    uploads: Path,
    host: str | None = None,
    port: int | None = None,
    share: bool = False,
    max_upload_bytes: int = MAX_BYTES,
    certificate: Certificate | None = None,
    announce: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve the page and begin to load the models; stay until the server is stopped.

    Parameters
    ----------
    uploads : the folder that Gradio keeps uploads in.
    host, port : where to listen; Gradio's environment variables and defaults where None.
    share : also ask Gradio for a public https address.
    max_upload_bytes : what all uploads together may take on disk.
    certificate : to speak HTTPS with; plain HTTP where None.
    announce : gets the address that other machines may open, where there is one.

    Raises
    ------
    AudiotokError
        When the port is taken, or the page cannot be reached from its own machine.
    """
    os.environ |= UNCOUNTED
    sessions = Sessions(uploads)
    page = build_page(models, sessions, load_examples())
    page.line_up()
    room = Room(uploads, max_upload_bytes)
    playable = Playable(sessions, room, models.worker)
    gate = Middleware(Gate, room=room, playable=playable, events=page.fns)
    classes, reach = Classes(), Reach()
    routes = plain_routes(models, classes, lambda: reach.address)
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
            enable_monitoring=False,
            state_session_capacity=MAX_SESSIONS,
            app_kwargs={"middleware": [gate], "routes": routes},
            ssl_certfile=str(certificate.path) if certificate else None,
            ssl_keyfile=str(certificate.key_path) if certificate else None,
            ssl_verify=certificate is None,  # Gradio asks itself whether it answers
            ssr_mode=False,
            prevent_thread_lock=True,
        )
    except OSError as error:
        raise AudiotokError(f"The page cannot be served: {error}") from error
    except ValueError as error:  # Gradio asks its own address, and got no answer
        page.close(verbose=False)
        raise AudiotokError(NO_ANSWER) from error
    try:
        sessions.keep_sweeping()
        classes.keep_forgetting()
        if address := reach.found(page):
            announce(address)
        models.start(on_failure=page.tell)
        page.block_thread()
    finally:
        page.close(verbose=False)  # so that nothing arrives while the uploads are deleted
