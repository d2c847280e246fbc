"""Figure of the lasso path: macro-F1 by size, above what sizes keep of a clip's tokens."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audiotok.analysis.lasso_path import LassoPath
from audiotok.language import say
from audiotok.plots import palette
from audiotok.plots.figure import calm, headline, new_figure, percentage, title
from audiotok.plots.sizes import draw_sizes, scale_by_size


def lasso_path_figure(found: LassoPath, sentence: str = "", dark: bool = False) -> Figure:
    """Draw what sizes tell, and how much of the clip the first tokens of the path keep.

    What the bundle does not know is left out.

    Parameters
    ----------
    sentence : the title; none where it is empty.
    """
    n_panels = (found.sizes is not None) + (found.order is not None)
    figure = new_figure(7.6, 1.0 + 2.6 * n_panels, dark)
    panels = list(figure.subplots(n_panels, sharex=True, squeeze=False)[:, 0])
    if sentence:
        headline(figure, sentence, dark)
    panels[-1].set_xlabel(say("tokens in the audio vocabulary"), color=palette.INK.on(dark))
    if found.order is not None:
        _draw_kept(panels.pop(), found, dark)
    if found.sizes is not None:
        draw_sizes(panels.pop(), found.sizes, dark)
    return figure


def _draw_kept(axes: Axes, found: LassoPath, dark: bool) -> None:
    calm(axes, dark)
    title(axes, say("What the first tokens of the path keep of this clip"), dark)
    n_tokens = len(found.n_in_clip)
    shares = found.n_kept / max(found.n_all, 1)
    sizes = range(1, n_tokens + 1)
    axes.fill_between(sizes, shares, step="post", color=palette.ACCENT.on(dark), alpha=0.25, lw=0)
    axes.step(sizes, shares, where="post", color=palette.ACCENT.on(dark), linewidth=1.8)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1])
    axes.yaxis.set_major_formatter(percentage)
    if found.sizes is None:
        steps = [n_tokens >> shift for shift in range(n_tokens.bit_length())]
        scale_by_size(axes, steps[::-1])
