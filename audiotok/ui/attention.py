"""The attention as HTML: the voice's share of every layer, the words, the voice over time."""

from __future__ import annotations

from html import escape

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.attention import (
    AttendedToken,
    AttentionRows,
    attention_shares,
    chosen_weights,
    stacked_voice,
    strongest,
)
from audiotok.ui.verdict import colour_style

N_STRONGEST = 8


def attention_html(
    attention: AttentionRows, layer: int | None = None, head: int | None = None
) -> str:
    """Show what the verdict attends to at a layer and head (None: their mean)."""
    weights = chosen_weights(attention, layer, head)
    return (
        '<section class="at-attention" aria-label="Attention">'
        f"{_strongest(attention, weights)}{_words(attention, weights)}"
        f"{_voice(attention, weights)}{_shares(attention, layer)}</section>"
    )


def _strongest(attention: AttentionRows, weights: NDArray[np.float32]) -> str:
    """The words and voice tokens that get most; markers get much and mean little."""
    meant = attention.is_audio | attention.is_text
    if not meant.any():
        return '<div><h3>What gets most</h3><p class="at-faint">Nothing but markers.</p></div>'
    positions = strongest(np.where(meant, weights, 0), min(N_STRONGEST, int(meant.sum())))
    largest = float(weights[positions[0]]) or 1.0
    items = "".join(
        f'<li class="{_kind_class(attention.tokens[i])}" style="{_style(attention, i)}">'
        f"<span>{_label(attention.tokens[i])}</span>"
        f'<span class="at-track"><b style="width:{weights[i] / largest:.1%}"></b></span>'
        f'<span class="at-number">{weights[i]:.1%}</span></li>'
        for i in positions
    )
    return (
        f'<div><h3>What gets most</h3><ol class="at-strongest">{items}</ol>'
        f'<p class="at-faint">Markers get {weights[~meant].sum():.0%} together.</p></div>'
    )


def _words(attention: AttentionRows, weights: NDArray[np.float32]) -> str:
    positions = np.flatnonzero(attention.is_text)
    if not len(positions):
        return '<div><h3>The words</h3><p class="at-faint">There are no words.</p></div>'
    largest = float(weights[positions].max()) or 1.0
    pieces = "".join(
        ("" if attention.tokens[i].glued else " ")
        + f'<span title="{weights[i]:.1%}" style="--heat:{weights[i] / largest:.2f}">'
        f"{escape(attention.tokens[i].name)}</span>"
        for i in positions
    )
    return (
        f"<div><h3>The words, {weights[positions].sum():.0%} together</h3>"
        f'<p class="at-heat" dir="auto">{pieces}</p></div>'
    )


def _voice(attention: AttentionRows, weights: NDArray[np.float32]) -> str:
    stack = stacked_voice(attention, weights)
    if not stack:
        return '<div><h3>The voice</h3><p class="at-faint">No selected token sounds here.</p></div>'
    top = max(weight + below for _, weight, below in stack)
    present = [name for name in attention.classes if any(t.speaks_for == name for t, _, _ in stack)]
    bars = "".join(
        f'<g class="at-coloured" style="{colour_style(name, attention.classes)}">'
        + "".join(
            _bar(token, weight / top, below / top, weight, attention.frame_s)
            for token, weight, below in stack
            if token.speaks_for == name
        )
        + "</g>"
        for name in present
    )
    total = sum(weight for _, weight, _ in stack)
    legend = "".join(
        f'<li class="at-coloured" style="{colour_style(name, attention.classes)}"><i></i>'
        f"{escape(name)}</li>"
        for name in present
    )
    return (
        f"<div><h3>The voice over time, {total:.0%} together</h3>"
        f'<svg class="at-time" viewBox="0 0 {attention.duration_s:.3f} 1" role="img" '
        f'preserveAspectRatio="none" aria-label="Attention to the voice over time">{bars}</svg>'
        f'<p class="at-axis"><span>0 s</span><span>{attention.duration_s:.1f} s</span></p>'
        f'<ul class="at-legend">{legend}</ul></div>'
    )


def _bar(token: AttendedToken, height: float, below: float, weight: float, frame_s: float) -> str:
    return (
        f'<rect x="{token.start_s:.2f}" width="{frame_s:.3f}" '
        f'y="{1 - height - below:.4f}" height="{height:.4f}"><title>{escape(token.name)} at '
        f"{token.start_s:.2f} s, {weight:.1%}, speaks for {escape(token.speaks_for or '')}"
        "</title></rect>"
    )


def _shares(attention: AttentionRows, layer: int | None) -> str:
    shares = attention_shares(attention)
    chosen = ' class="at-chosen"'
    rows = "".join(
        f"<tr{chosen if number == layer else ''}>"
        f'<th scope="row">Layer {number}</th><td><span class="at-share" '
        f'title="voice {audio:.0%}, words {text:.0%}, markers {rest:.0%}">'
        f'<b class="at-voice" style="width:{audio:.1%}"></b>'
        f'<b class="at-words" style="width:{text:.1%}"></b>'
        f'<u style="left:{shares.even:.1%}"></u></span></td><td>{audio:.0%}</td></tr>'
        for number, (audio, text, rest) in enumerate(
            zip(shares.audio, shares.text, shares.rest, strict=True), start=1
        )
    )
    return (
        "<div><h3>The voice’s share, layer by layer</h3>"
        f'<table class="at-shares"><tbody>{rows}</tbody></table>'
        '<ul class="at-legend"><li><b class="at-key-audio"></b>voice</li>'
        '<li><b class="at-key-text"></b>words</li><li><b class="at-key-rest"></b>markers</li>'
        '<li><b class="at-key-threshold"></b>the voice’s share if all tokens counted alike</li>'
        "</ul></div>"
    )


def _kind_class(token: AttendedToken) -> str:
    return "at-coloured" if token.speaks_for else f"at-{token.kind}"


def _style(attention: AttentionRows, position: int) -> str:
    speaks_for = attention.tokens[position].speaks_for
    return colour_style(speaks_for, attention.classes) if speaks_for else ""


def _label(token: AttendedToken) -> str:
    name = escape(token.name)
    if token.start_s is None:
        return f"<i></i>“{name}”"
    return f"<i></i><code>{name}</code> <small>at {token.start_s:.2f} s</small>"
