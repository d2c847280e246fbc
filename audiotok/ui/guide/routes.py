"""The address of the teacher's guide."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from audiotok.board.classes import FORGOTTEN_AFTER_S
from audiotok.experiment.texts import Texts
from audiotok.ui.experiment.routes import ROUNDS
from audiotok.ui.plain.exchange import answering
from audiotok.ui.plain.pages import page


def guide_routes() -> list[Route]:
    """Return the guide's address."""
    return [Route("/guide", answering(_guide))]


async def _guide(request: Request, texts: Texts) -> Response:
    hours = FORGOTTEN_AFTER_S // 3_600
    return page("guide/guide.html", None, texts, n_rounds=ROUNDS, hours=hours)
