"""All addresses of pages without Gradio, in one list."""

from __future__ import annotations

from collections.abc import Callable

from starlette.routing import Route

from audiotok.board.classes import Classes
from audiotok.ui.board.routes import board_routes
from audiotok.ui.experiment.listening import Listening
from audiotok.ui.experiment.routes import experiment_routes
from audiotok.ui.guide.routes import guide_routes
from audiotok.ui.models import Models
from audiotok.ui.plain.pages import give_file


def plain_routes(models: Models, classes: Classes, public: Callable[[], str | None]) -> list[Route]:
    """Return the addresses of experiment, board and guide, to stand before Gradio's.

    Parameters
    ----------
    public : gives the address under which other machines see the app, where it is known.
    """
    listening = Listening(models)
    files = Route("/plain/{name}", give_file)
    board = board_routes(classes, listening, public)
    return [*experiment_routes(listening), *board, *guide_routes(), files]
