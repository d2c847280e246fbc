"""Figure of a token's card: weight for each class, nearest words, and when it sounds in a clip."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audiotok.analysis.token_card import TokenCard, profile_sentence
from audiotok.analysis.verdict import label_name
from audiotok.language import number, say
from audiotok.plots import palette
from audiotok.plots.figure import calm, headline, new_figure, title

BAR = 0.62
ROOM = 1.25  # for numbers beside the longest bar


def token_card_figure(card: TokenCard, duration_s: float, dark: bool = False) -> Figure:
    """Draw a token's card.

    Parameters
    ----------
    duration_s : of the clip that ``card.sounds_s`` is about.
    """
    n_rows = max(len(card.weights), len(card.nearest), 1)
    figure = new_figure(8.4, 2.6 + 0.27 * n_rows, dark)
    axes = figure.subplot_mosaic([["weights", "words"], ["time", "time"]], height_ratios=(5, 1))
    speaks = say("speaks for {label}", label=label_name(card.speaks_for))
    headline(figure, f"{card.name} {speaks}. {profile_sentence(card.profile)}", dark)
    colour = palette.colours_of(card.weights, dark)[card.speaks_for]
    weights = [(label_name(name), weight) for name, weight in card.weights.items()]
    _draw_bars(axes["weights"], say("Weight for each class"), weights, colour, dark)
    nearest = list(card.nearest)
    _draw_bars(axes["words"], say("Nearest words, by embedding"), nearest, colour, dark)
    _draw_times(axes["time"], card, duration_s, colour, dark)
    return figure


def _draw_bars(
    axes: Axes, name: str, values: list[tuple[str, float]], colour: str, dark: bool
) -> None:
    calm(axes, dark)
    title(axes, name, dark)
    axes.spines["left"].set_visible(False)
    axes.set_xticks([])
    axes.axvline(0, color=palette.LINE.on(dark), linewidth=1)
    reach = max((abs(value) for _, value in values), default=0.0) or 1.0
    lowest = min((value for _, value in values), default=0.0)
    for row, (_, value) in enumerate(values):
        axes.barh(row, value, BAR, color=colour if value > 0 else palette.MUTED.on(dark))
        axes.annotate(
            number(value, "+.2f" if lowest < 0 else ".2f").replace("-", "−"),
            (max(value, 0), row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=palette.INK.on(dark),
        )
    axes.set_yticks(range(len(values)), [word for word, _ in values])
    for tick in axes.get_yticklabels():
        tick.set_parse_math(False)
    axes.set_ylim(max(len(values), 1) - 0.4, -0.6)
    axes.set_xlim(ROOM * min(lowest, 0.0), ROOM * reach)


def _draw_times(axes: Axes, card: TokenCard, duration_s: float, colour: str, dark: bool) -> None:
    calm(axes, dark)
    told = say("It sounds here") if card.sounds_s else say("Not in this clip.")
    title(axes, told, dark)
    axes.spines["left"].set_visible(False)
    thinnest = duration_s / 400  # so that a token of a long clip is still seen
    spans = [(start, max(end - start, thinnest)) for start, end in card.sounds_s]
    axes.broken_barh(spans, (0, 1), color=colour)
    axes.axhline(0, color=palette.LINE.on(dark), linewidth=1)
    axes.set_xlim(0, duration_s)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_xlabel(say("time, s"), fontsize=9, color=palette.INK.on(dark))
