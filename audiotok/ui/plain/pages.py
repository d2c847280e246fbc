"""The HTML of a page without Gradio, and the files that it loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from audiotok.experiment.texts import Texts
from audiotok.language import say
from audiotok.plots import palette
from audiotok.plots.palette import shades_of
from audiotok.ui.plain.exchange import refused
from audiotok.ui.templates import render

UI = Path(__file__).parents[1]
FILES = {
    path.name: path
    for folder in ("plain", "experiment", "board", "guide")
    for path in (UI / folder).iterdir()
    if path.suffix in (".js", ".css")
}
# Nothing from elsewhere, no script in the page itself: markup that slipped in could do nothing.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",  # an address may hold a class's code
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
COLOURS = {
    "ink": palette.INK,
    "muted": palette.MUTED,
    "line": palette.LINE,
    "ground": palette.GROUND,
    "accent": palette.ACCENT,
}


def page(template: str, script: str | None, texts: Texts, **values: Any) -> Response:
    """Fill in a page; ``texts`` go to its template and its script, where it has one."""
    html = render(
        template,
        t=texts,
        texts=dict(texts),
        script=script,
        colours=COLOURS,
        **values,
    )
    return HTMLResponse(html, headers=HEADERS)


def shades(moods: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return the colour of every mood on a light and on a dark ground, and that of *neutral*."""
    found = shades_of((*moods, "neutral"))
    return {mood: (shade.light, shade.dark) for mood, shade in found.items()}


async def give_file(request: Request) -> Response:
    """Answer with one of the scripts and styles."""
    path = FILES.get(request.path_params["name"])
    if not path:
        return refused(404, say("There is no such file."))
    return FileResponse(
        path, headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    )
