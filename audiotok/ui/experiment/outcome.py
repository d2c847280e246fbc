"""What came out: as HTML, and as files to take along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from starlette.responses import Response

from audiotok.experiment.closing import closing_sentence
from audiotok.experiment.rounds import Round, sentences_of
from audiotok.experiment.table import rounds_csv
from audiotok.experiment.tally import Accuracies, Tally, tally
from audiotok.experiment.texts import Texts, mood_name, percent, with_little_read
from audiotok.ui.plain.exchange import RequestError
from audiotok.ui.templates import render
from audiotok.ui.verdict import colour_style

People = Literal["you", "people"]
KINDS = {"png": "image/png", "svg": "image/svg+xml", "csv": "text/csv; charset=utf-8"}
MAX_SENTENCES = 12  # shown; the rest is in the table


def outcome_html(found: Tally, texts: Texts, people: People) -> str:
    """Show the sentence at the end, confusion and accuracy; all text from outside is escaped."""
    texts = with_little_read(texts, found.by_sentence)
    sentences = sorted(found.by_sentence.items(), key=_n_rounds, reverse=True)[:MAX_SENTENCES]
    return render(
        "experiment/outcome.html",
        t=texts,
        found=found,
        closing=closing_sentence(found, texts, people),
        names={"words": texts["words"], "voice": texts["voice"], "people": texts[people]},
        sentences=sentences if len(found.by_sentence) > 1 else [],
        by_mood=found.by_mood if found.n_rounds > len(found.moods) else {},
        mood_name=lambda mood: mood_name(mood, texts),
        percent=lambda share: percent(share, texts),
        colour_style=colour_style,
        str=str,
    )


def outcome_file(
    kind: str,
    rounds: Sequence[Round],
    moods: Sequence[str],
    texts: Texts,
    people: People,
    dark: bool,
) -> Response:
    """Give the figure or the table as a download.

    Raises
    ------
    RequestError
        When there is no such kind of file.
    """
    if kind not in KINDS:
        raise RequestError("error_request")
    if kind == "csv":
        content: str | bytes = rounds_csv(rounds)
    else:
        from audiotok.plots.experiment import experiment_figure
        from audiotok.plots.figure import render as rendered

        texts = with_little_read(texts, sentences_of(rounds))
        figure = experiment_figure(tally(rounds, moods), texts, dark, people)
        content = rendered(figure, "png" if kind == "png" else "svg")
    named = f'attachment; filename="experiment.{kind}"'
    headers = {"Content-Disposition": named, "X-Content-Type-Options": "nosniff"}
    return Response(content, headers=headers, media_type=KINDS[kind])


def _n_rounds(split: tuple[str, Accuracies]) -> int:
    return split[1]["voice"].n
