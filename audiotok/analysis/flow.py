"""Flow through the layers by attention rollout: what the head reads comes from words or voice.

Attention rollout (Abnar & Zuidema, ACL 2020): in each layer a position passes on half of itself,
by the residual connection, and half of what it attends to, by the mean over heads; layers are
multiplied. This follows attention, which need not be what changes the verdict; ``knockout`` asks
that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiotok.analysis.attention import attentions_of
from audiotok.analysis.export import Record, as_csv
from audiotok.language import mark, say
from audiotok.prediction import Attentions, Prediction

Array = NDArray[np.float64]

GROUPS = (
    mark("words"),
    mark("voice"),
    mark("markers"),
)  # the last with the backbone's own special tokens


@dataclass(frozen=True)
class Flow:
    """Shares of words, voice and markers, in the order of ``GROUPS``.

    Attributes
    ----------
    origins : of what the head would read after each layer, the share that comes from the
        embeddings of each group, shape ``(n_backbone_layers + 1, 3)``; the first row is before all
        layers.
    carried : of what the head reads in the end, the share that each layer carries from positions
        of a group to those of another, shape ``(n_backbone_layers, 3, 3)``: layer, from, to. Each
        layer's add up to 1.
    """

    origins: Array
    carried: Array

    @property
    def n_layers(self) -> int:
        """Number of the backbone's layers."""
        return len(self.carried)

    @property
    def held(self) -> Array:
        """Of what the head reads in the end, what positions of each group hold at each depth.

        Shape ``(n_backbone_layers + 1, 3)``; the first row is before all layers, and equals the
        last of ``origins``.
        """
        return np.concatenate([self.carried.sum(axis=2), self.carried[-1:].sum(axis=1)])


def flow(prediction: Prediction) -> Flow:
    """Follow words and voice through the layers of the text+audio twin by attention rollout.

    Raises
    ------
    AudiotokError
        When the prediction was made without attentions.
    """
    attentions = attentions_of(prediction)
    member = groups_of(prediction)
    mixed = _with_residual(attentions)
    n_layers, read = len(mixed), _read(attentions)
    by_origin = member  # of what a position holds, how much comes from each group
    origins = [read @ by_origin]
    for layer in mixed:
        by_origin = layer @ by_origin
        origins.append(read @ by_origin)
    carried = np.empty((n_layers, len(GROUPS), len(GROUPS)))
    for place in reversed(range(n_layers)):
        carried[place] = member.T @ (read[:, None] * mixed[place]).T @ member
        read = read @ mixed[place]
    return Flow(np.array(origins), carried)


def rollout(prediction: Prediction) -> Array:
    """Return what the embedding of each position gives to what the head reads.

    Shares that add up to 1, shape ``(n_positions,)``.

    Raises
    ------
    AudiotokError
        When the prediction was made without attentions.
    """
    attentions = attentions_of(prediction)
    read = _read(attentions)
    for layer in _with_residual(attentions)[::-1]:
        read = read @ layer
    return read


def groups_of(prediction: Prediction) -> Array:
    """Return 1 where a position belongs to a group, shape ``(n_positions, 3)``."""
    kinds = [token.kind for token in prediction.sequence.tokens]
    text = np.array([kind == "text" for kind in kinds])
    audio = np.array([kind == "audio" for kind in kinds])
    return np.stack([text, audio, ~(text | audio)], axis=1).astype(np.float64)


def _read(attentions: Attentions) -> Array:
    """Return the share of each position in what the head reads."""
    read = np.zeros(attentions.weights.shape[-1])
    read[list(attentions.read_positions)] = 1 / len(attentions.read_positions)
    return read


def _with_residual(attentions: Attentions) -> Array:
    """Return each layer's mean over heads, half of it replaced by the position itself."""
    mean = attentions.weights.mean(axis=1, dtype=np.float64)
    mixed = 0.5 * mean + 0.5 * np.eye(mean.shape[-1])
    return np.asarray(mixed / mixed.sum(axis=-1, keepdims=True))


def flow_sentence(found: Flow, *, with_words: bool = True) -> str:
    """Return one sentence on where what the head reads comes from."""
    words, voice, markers = found.origins[-1]
    if not with_words:
        return say(
            "Of what the verdict reads, {voice:.0%} comes from the voice and {markers:.0%} from "
            "markers; there are no words.",
            voice=voice,
            markers=markers,
        )
    return say(
        "Of what the verdict reads, {voice:.0%} comes from the voice, {words:.0%} from the words "
        "and {markers:.0%} from markers, if attention is followed.",
        voice=voice,
        words=words,
        markers=markers,
    )


def flow_record(found: Flow, sentence: str) -> Record:
    """Return the shares in types of JSON."""
    return {
        "groups": list(GROUPS),
        "n_layers": found.n_layers,
        "origins": np.round(found.origins, 6).tolist(),
        "held": np.round(found.held, 6).tolist(),
        "carried": np.round(found.carried, 6).tolist(),
        "sentence": sentence,
    }


def flow_csv(found: Flow) -> str:
    """Return a CSV of what is held and where it comes from, one row a depth; 0 is before layers."""
    header = ["layer", *(f"origin_{name}" for name in GROUPS), *(f"held_{name}" for name in GROUPS)]
    rows = [
        [layer, *np.round(origin, 6), *np.round(held, 6)]
        for layer, (origin, held) in enumerate(zip(found.origins, found.held, strict=True))
    ]
    return as_csv(header, rows)
