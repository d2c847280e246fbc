"""The prediction of one utterance, which is all that analysis, plots and the page read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from audiotok.audio import Recording
from audiotok.calibration import DecisionRule
from audiotok.encoder_probe import FrameLogits
from audiotok.sequence import TokenSequence
from audiotok.vocabulary import AudioVocabulary, Codes, Occurrence
from audiotok.words import Word


@dataclass(frozen=True)
class Scores:
    """Probabilities of one twin (text-only or text+audio).

    Attributes
    ----------
    rule : decision rule of this twin, from probabilities to a verdict.
    per_seed : array of shape ``(n_seeds, n_labels)``.
    """

    rule: DecisionRule
    per_seed: NDArray[np.float64]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of all arrays."""
        return self.rule.labels

    @property
    def mean(self) -> NDArray[np.float64]:
        """Probabilities averaged over seeds (bagging), shape ``(n_labels,)``."""
        return self.per_seed.mean(axis=0)

    @property
    def spread(self) -> NDArray[np.float64]:
        """Standard deviation over seeds, shape ``(n_labels,)``."""
        return self.per_seed.std(axis=0)

    @property
    def verdict(self) -> str:
        """The label, or *neutral*, that ``rule`` gives for ``mean``."""
        return self.rule.verdict(self.mean)

    def as_dict(self) -> dict[str, float]:
        """Return the probabilities averaged over seeds, by label."""
        return dict(zip(self.labels, map(float, self.mean), strict=True))


@dataclass(frozen=True)
class Attentions:
    """Attention of the text+audio twin, averaged over seeds.

    Attributes
    ----------
    weights : float32 array of shape ``(n_backbone_layers, n_heads, n_positions, n_positions)``;
        rows are queries, columns keys.
    read_positions : positions whose hidden states the head reads, their mean where there are
        several.
    """

    weights: NDArray[np.float32]
    read_positions: tuple[int, ...]


@dataclass(frozen=True)
class Summands:
    """What the calibrated logits of the text+audio twin are sums of.

    Attributes
    ----------
    terms : by name (``audiotok.calibration.summands_of``), each of shape ``(n_seeds, n_labels)``.
    multi_label : whether probabilities are the sigmoid of the sum, else its softmax over labels.
    """

    terms: Mapping[str, NDArray[np.float64]]
    multi_label: bool


@dataclass(frozen=True)
class Prediction:
    """The prediction of one utterance and all that it was computed from.

    Attributes
    ----------
    text_only, text_audio : scores of the two twins.
    recording : the checked waveform.
    codes : all codes of the codec, shape ``(n_layers, n_frames)``, layer 1 first; normalised by
        the references, if any.
    frame_s : duration of a frame in seconds.
    selected : every occurrence of a selected token, in sequence order.
    sequence, text_sequence : what the backbone read for the text+audio and the text-only twin.
    notes : sentences about the input for the user.
    attentions : attention of the text+audio twin, where it was asked for.
    n_references : number of neutral clips of the speaker that ``codes`` are normalised by.
    n_counted : number of tokens, of all layers in frames that are not silent, that the bag of
        tokens counted; 0 without one.
    hearings : all codes of every variant of the clip, ``codes`` first; with references the second
        is without normalisation.
    plain : codes of each reference, without normalisation and silent frames.
    frame_logits : what each frame adds to the logits of the bundle's probe of a speech encoder,
        shape ``(n_labels, n_frames)``; None where it has none.
    summands : terms of the text+audio logits; None where nobody computed them.
    words : the words of the text with their times, as far as these are known.
    """

    task: str
    text: str
    text_only: Scores
    text_audio: Scores
    recording: Recording
    codes: Codes
    frame_s: float
    vocabulary: AudioVocabulary
    selected: tuple[Occurrence, ...]
    sequence: TokenSequence
    text_sequence: TokenSequence
    notes: tuple[str, ...] = ()
    attentions: Attentions | None = None
    n_references: int = 0
    n_counted: int = 0
    hearings: tuple[Codes, ...] = ()
    plain: tuple[Codes, ...] = ()
    frame_logits: FrameLogits | None = None
    summands: Summands | None = None
    words: tuple[Word, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of all arrays."""
        return self.text_audio.labels

    @property
    def verdict_text_only(self) -> str:
        """Verdict from text: a label or *neutral*."""
        return self.text_only.verdict

    @property
    def verdict_text_audio(self) -> str:
        """Verdict from text and audio: a label or *neutral*."""
        return self.text_audio.verdict

    @property
    def n_frames(self) -> int:
        """Number of frames of the codes."""
        return int(self.codes.shape[1])

    @property
    def n_tokens(self) -> int:
        """Number of tokens: frames times the layers of the audio vocabulary."""
        return self.n_frames * len(self.vocabulary.layers)

    @property
    def n_selected(self) -> int:
        """Number of occurrences of selected tokens."""
        return len(self.selected)

    @property
    def n_used(self) -> int:
        """Number of audio tokens in the sequence, after thinning."""
        return len(self.sequence.audio_positions)

    def _repr_html_(self) -> str:
        """Return the probabilities of both twins, with the spread over seeds, as an HTML table."""
        twins = {"words": self.text_only, "words + voice": self.text_audio}
        if not self.text.strip():  # nothing for the words alone to say
            twins = {"voice": self.text_audio}
        heads = "".join(f"<th>{name}</th>" for name in ["", *twins])
        rows = "".join(
            f"<tr><th>{escape(label)}</th>"
            + "".join(
                f"<td>{scores.mean[i]:.2f} ± {scores.spread[i]:.2f}</td>"
                for scores in twins.values()
            )
            + "</tr>"
            for i, label in enumerate(self.labels)
        )
        verdicts = "".join(f"<td><b>{escape(scores.verdict)}</b></td>" for scores in twins.values())
        caption = f"<caption>{escape(self.text)}</caption>"
        return f"<table>{caption}<tr>{heads}</tr>{rows}<tr><th>verdict</th>{verdicts}</tr></table>"
