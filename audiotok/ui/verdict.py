"""The verdict as HTML: one sentence, and both twins' probabilities side by side."""

from __future__ import annotations

from audiotok.analysis.verdict import (
    NOTEWORTHY_CHANGE,
    adjective,
    has_words,
    label_rows,
    relative_to,
    usage_sentence,
    verdict_sentence,
)
from audiotok.plots.palette import shades_of
from audiotok.prediction import Prediction
from audiotok.spanish import looks_spanish
from audiotok.ui.templates import render, render_line


def message_html(sentence: str) -> str:
    """Show a sentence where the verdict would stand."""
    return render_line('<p class="at-message" role="alert">{{ sentence }}</p>', sentence=sentence)


def working_html(what: str) -> str:
    """Show where the verdict will stand what is being done for it."""
    return render_line('<p class="at-working" role="status"><i></i>{{ what }}</p>', what=what)


def verdict_html(prediction: Prediction) -> str:
    """Show a prediction's verdict; everything that came from outside is escaped."""
    rows = label_rows(prediction)
    return render(
        "verdict.html",
        prediction=prediction,
        rows=rows,
        words=has_words(prediction),
        sentence=verdict_sentence(prediction),
        usage=usage_sentence(prediction),
        relative_to=relative_to(prediction) if prediction.n_references else "",
        n_seeds=len(prediction.text_audio.per_seed),
        is_little_read=looks_spanish(prediction.text),
        has_thresholds=any(row.text_audio_threshold is not None for row in rows),
        noteworthy_change=NOTEWORTHY_CHANGE,
        adjective=adjective,
        colour_style=colour_style,
    )


def colour_style(label: str, labels: tuple[str, ...] = ()) -> str:
    """Give the CSS custom properties that ``.at-coloured`` paints with, for both grounds."""
    shade = shades_of((*labels, label))[label]
    return f"--on-light:{shade.light};--on-dark:{shade.dark}"
