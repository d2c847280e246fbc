"""How the views of why leave: records, tables and figures of what was found out."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from audiotok.analysis import attention_map as maps
from audiotok.analysis import embedding_map as embedding_maps
from audiotok.analysis import flow as flows
from audiotok.analysis import knockout as knockouts
from audiotok.analysis import lasso_path as paths
from audiotok.analysis.ablation import ablation_record
from audiotok.analysis.contributions import (
    contributions,
    contributions_record,
    contributions_sentence,
)
from audiotok.analysis.export import Record
from audiotok.analysis.occlusion import occlusion_csv, occlusion_record, occlusion_sentence
from audiotok.analysis.swap import flat_record as record_of_flat
from audiotok.analysis.swap import flat_sentence
from audiotok.analysis.verdict import has_words
from audiotok.errors import AudiotokError
from audiotok.language import say
from audiotok.ui.analysed import Analysis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Found = TypeVar("Found")


def looked_at(found: Found | None) -> Found:
    """Return what was found out.

    Raises
    ------
    AudiotokError
        When nobody has looked yet.
    """
    if found is None:
        raise AudiotokError(say("There is nothing of this view to take along; open its tab first."))
    return found


def parts_record(analysis: Analysis) -> Record:
    """The parts of each label's log-odds."""
    return contributions_record(contributions(analysis.prediction), parts_sentence(analysis))


def parts_sentence(analysis: Analysis) -> str:
    """What speaks most for and against the label that the views are about."""
    prediction = analysis.prediction
    return contributions_sentence(
        contributions(prediction), analysis.told, with_words=has_words(prediction)
    )


def parts_figure(analysis: Analysis, dark: bool) -> Figure:
    """The waterfall of a label."""
    from audiotok.plots.contributions import contributions_figure

    found = contributions(analysis.prediction)
    return contributions_figure(found, analysis.told, parts_sentence(analysis), dark)


def moments_record(analysis: Analysis) -> Record:
    """The effects of moments, layers and words."""
    found = looked_at(analysis.occlusion)
    sentence = occlusion_sentence(found, analysis.told)
    return occlusion_record(found, sentence) | ablation_record(looked_at(analysis.ablation))


def moments_table(analysis: Analysis) -> str:
    """The effects as CSV."""
    return occlusion_csv(looked_at(analysis.occlusion), looked_at(analysis.ablation))


def moments_figure(analysis: Analysis, dark: bool) -> Figure:
    """The effects of moments over the waveform."""
    from audiotok.plots.occlusion import occlusion_figure

    found, ablated = looked_at(analysis.occlusion), looked_at(analysis.ablation)
    told = analysis.told
    sentence = occlusion_sentence(found, told)
    return occlusion_figure(analysis.prediction, found, ablated, told, sentence, dark)


def flat_record(analysis: Analysis) -> Record:
    """The verdict of a flat voice beside that of the voice as it is."""
    found = looked_at(analysis.flat)
    return record_of_flat(found, flat_sentence(found))


def flat_figure(analysis: Analysis, dark: bool) -> Figure:
    """Both verdicts side by side."""
    from audiotok.plots import swap

    found = looked_at(analysis.flat)
    return swap.flat_figure(found, flat_sentence(found), dark)


def flow_record(analysis: Analysis) -> Record:
    """The shares of rollout."""
    return flows.flow_record(looked_at(analysis.flow), _flow_sentence(analysis))


def flow_table(analysis: Analysis) -> str:
    """The shares as CSV."""
    return flows.flow_csv(looked_at(analysis.flow))


def flow_figure(analysis: Analysis, dark: bool) -> Figure:
    """The flow picture."""
    from audiotok.plots import flow

    return flow.flow_figure(looked_at(analysis.flow), _flow_sentence(analysis), dark)


def knockout_record(analysis: Analysis) -> Record:
    """The effects of cutting attention."""
    return knockouts.knockout_record(looked_at(analysis.knockout), _knockout_sentence(analysis))


def knockout_table(analysis: Analysis) -> str:
    """The effects as CSV."""
    return knockouts.knockout_csv(looked_at(analysis.knockout))


def knockout_figure(analysis: Analysis, dark: bool) -> Figure:
    """The maps of layers by paths, for all labels."""
    from audiotok.plots import knockout

    found = looked_at(analysis.knockout)
    return knockout.knockout_figure(found, _knockout_sentence(analysis), dark)


def map_record(analysis: Analysis) -> Record:
    """A matrix of attention; the weights as bytes."""
    return maps.attention_map_record(looked_at(analysis.attention_map), *analysis.n_heads)


def map_figure(analysis: Analysis, dark: bool) -> Figure:
    """A matrix of attention, words and sounds on both axes."""
    from audiotok.plots.attention_map import attention_map_figure

    return attention_map_figure(looked_at(analysis.attention_map), dark=dark)


def model_record(analysis: Analysis) -> Record:
    """Thumbnails of all layers and heads, one byte a pixel."""
    return maps.thumbnails_record(looked_at(analysis.thumbnails))


def model_figure(analysis: Analysis, dark: bool) -> Figure:
    """Thumbnails of all layers and heads."""
    from audiotok.plots.attention_map import model_view_figure

    return model_view_figure(looked_at(analysis.thumbnails), dark)


def path_record(analysis: Analysis) -> Record:
    """The path of the lasso, and what other sizes tell."""
    return paths.lasso_path_record(looked_at(analysis.path))


def path_table(analysis: Analysis) -> str:
    """The path as CSV."""
    return paths.lasso_path_csv(looked_at(analysis.path))


def path_figure(analysis: Analysis, dark: bool) -> Figure:
    """Macro-F1 by size, above what sizes keep of the clip."""
    from audiotok.plots.lasso_path import lasso_path_figure

    found = looked_at(analysis.path)
    return lasso_path_figure(found, paths.path_sentence(found), dark)


def embeddings_record(analysis: Analysis) -> Record:
    """The map of embeddings with the clip's tokens."""
    return embedding_maps.embedding_map_record(looked_at(analysis.clip_on_map))


def embeddings_table(analysis: Analysis) -> str:
    """The map as CSV."""
    return embedding_maps.embedding_map_csv(looked_at(analysis.clip_on_map))


def embeddings_figure(analysis: Analysis, dark: bool) -> Figure:
    """The map, the clip's tokens in full colour."""
    from audiotok.plots.embedding_map import embedding_map_figure

    found = looked_at(analysis.clip_on_map)
    return embedding_map_figure(found, embedding_maps.map_sentence(found), dark)


def _flow_sentence(analysis: Analysis) -> str:
    found = looked_at(analysis.flow)
    return flows.flow_sentence(found, with_words=has_words(analysis.prediction))


def _knockout_sentence(analysis: Analysis) -> str:
    return knockouts.knockout_sentence(looked_at(analysis.knockout), analysis.told)
