"""The verdict as HTML: one sentence, and both twins' probabilities side by side."""

from __future__ import annotations

from html import escape

from audiotok.analysis.verdict import (
    NOTEWORTHY_CHANGE,
    LabelRow,
    adjective,
    has_words,
    label_rows,
    relative_to,
    usage_sentence,
    verdict_sentence,
)
from audiotok.plots.palette import shades_of
from audiotok.prediction import Prediction


def message_html(sentence: str) -> str:
    """Show a sentence where the verdict would stand."""
    return f'<p class="at-message" role="alert">{escape(sentence)}</p>'


def verdict_html(prediction: Prediction) -> str:
    """Show a prediction's verdict; everything that came from outside is escaped."""
    rows = label_rows(prediction)
    words = has_words(prediction)
    notes = "".join(f"<li>{escape(note)}</li>" for note in prediction.notes)
    return (
        '<section class="at-verdict" aria-label="Verdict">'
        f'<h2 class="at-sentence">{escape(verdict_sentence(prediction))}</h2>'
        f"{_badges(prediction, words)}"
        f"{_table(prediction, rows, words)}"
        f"{_legend(prediction, rows, words)}"
        f'<p class="at-usage">{escape(usage_sentence(prediction))}</p>'
        + (f'<ul class="at-notes">{notes}</ul>' if notes else "")
        + "</section>"
    )


def colour_style(label: str, labels: tuple[str, ...] = ()) -> str:
    """Give the CSS custom properties that ``.at-coloured`` paints with, for both grounds."""
    shade = shades_of((*labels, label))[label]
    return f"--on-light:{shade.light};--on-dark:{shade.dark}"


def _badges(prediction: Prediction, words: bool) -> str:
    who = "Words + voice" if words else "Voice alone"
    if prediction.n_references:
        who += f", {relative_to(prediction)}"
    voice = _badge(who, prediction.verdict_text_audio)
    if not words:
        return f'<p class="at-badges">{voice}</p>'
    return (
        f'<p class="at-badges">{_badge("Words alone", prediction.verdict_text_only)}'
        f'<span class="at-arrow" aria-hidden="true">→</span>{voice}</p>'
    )


def _badge(who: str, verdict: str) -> str:
    return (
        f'<span class="at-badge at-coloured" style="{colour_style(verdict)}">'
        f"<small>{who}</small><b><i></i>{escape(adjective(verdict))}</b></span>"
    )


def _table(prediction: Prediction, rows: tuple[LabelRow, ...], words: bool) -> str:
    change = '<th scope="col" class="at-change">Change</th>' if words else ""
    body = "".join(
        _row(row, prediction.labels, words, row.label == prediction.verdict_text_audio)
        for row in rows
    )
    return (
        '<table class="at-table"><thead><tr><th scope="col">Label</th>'
        f'<th scope="col">Probability</th>{change}</tr></thead><tbody>{body}</tbody></table>'
    )


def _row(row: LabelRow, labels: tuple[str, ...], words: bool, is_verdict: bool) -> str:
    bars = _bar(
        "at-voice",
        "words and voice" if words else "voice",
        row.text_audio,
        row.text_audio_spread,
        row.text_audio_threshold,
    )
    if words:
        bars = (
            _bar(
                "at-words",
                "words alone",
                row.text_only,
                row.text_only_spread,
                row.text_only_threshold,
            )
            + bars
        )
    classes = "at-coloured at-chosen" if is_verdict else "at-coloured"
    return (
        f'<tr class="{classes}" style="{colour_style(row.label, labels)}" '
        f'data-label="{escape(row.label)}">'
        f'<th scope="row"><i></i>{escape(row.label)}</th><td>{bars}</td>'
        + (_change(row) if words else "")
        + "</tr>"
    )


def _bar(kind: str, who: str, mean: float, spread: float, threshold: float | None) -> str:
    low, high = max(0.0, mean - spread), min(1.0, mean + spread)
    tick = "" if threshold is None else f'<u style="left:{threshold:.1%}"></u>'
    return (
        f'<div class="at-bar {kind}" title="{who}: {mean:.1%}, ±{spread:.1%} over seeds">'
        f'<span class="at-track"><b style="width:{mean:.1%}"></b>'
        f'<s style="left:{low:.1%};width:{high - low:.1%}"></s>{tick}</span>'
        f'<span class="at-number"><span class="at-unseen">{who} </span>{mean * 100:.0f} %</span>'
        "</div>"
    )


def _change(row: LabelRow) -> str:
    points = round(row.change * 100)
    arrow = "▲" if points > 0 else "▼" if points < 0 else ""
    said = f"{points:+d}".replace("-", "−") if points else "0"
    strong = " at-strong" if abs(row.change) >= NOTEWORTHY_CHANGE else ""
    return f'<td class="at-change{strong}"><span aria-hidden="true">{arrow}</span> {said}</td>'


def _legend(prediction: Prediction, rows: tuple[LabelRow, ...], words: bool) -> str:
    n_seeds = len(prediction.text_audio.per_seed)
    items = [('<b class="at-key-voice"></b>', "words + voice" if words else "voice")]
    if words:
        items.insert(0, ('<b class="at-key-words"></b>', "words alone"))
    if n_seeds > 1:
        items.append(('<b class="at-key-spread"></b>', f"spread over {n_seeds} seeds"))
    if any(row.text_audio_threshold is not None for row in rows):
        items.append(('<b class="at-key-threshold"></b>', "from here on the label counts"))
    if words:
        items.append(('<b class="at-key-change">▲▼</b>', "what the voice adds, in points"))
    listed = "".join(f"<li>{key}{name}</li>" for key, name in items)
    return f'<ul class="at-legend">{listed}</ul>'
