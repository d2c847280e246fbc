"""What a prediction holds; analysis, plots and the page read it and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from audiotok.audio import Recording
from audiotok.calibration import DecisionRule
from audiotok.sequence import TokenSequence
from audiotok.vocabulary import AudioVocabulary, Codes, Occurrence


@dataclass(frozen=True)
class Scores:
    """Probabilities of one twin (text-only or text+audio).

    Attributes
    ----------
    rule : from these probabilities to a verdict; each twin has thresholds of its own.
    per_seed : array of shape ``(n_seeds, n_labels)``.
    """

    rule: DecisionRule
    per_seed: NDArray[np.float64]

    @property
    def labels(self) -> tuple[str, ...]:
        return self.rule.labels

    @property
    def mean(self) -> NDArray[np.float64]:
        """Bagged probabilities, shape ``(n_labels,)``."""
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
        return dict(zip(self.labels, map(float, self.mean), strict=True))


@dataclass(frozen=True)
class Attentions:
    """Attention of the text+audio twin, averaged over seeds.

    Attributes
    ----------
    weights : float32 array of shape ``(n_backbone_layers, n_heads, n_positions, n_positions)``;
        row = the position that attends, column = what it attends to.
    read_positions : the positions whose states the head reads, their mean where it is several.
    """

    weights: NDArray[np.float32]
    read_positions: tuple[int, ...]


@dataclass(frozen=True)
class Prediction:
    """One analysed utterance.

    Attributes
    ----------
    text_only, text_audio : scores of the two twins.
    recording : the waveform that was judged.
    codes : all codes of the codec, shape ``(n_layers, n_frames)``, layer 1 first.
    frame_s : duration of a frame in seconds.
    selected : every occurrence of a selected token, in sequence order.
    sequence, text_sequence : what the backbone read for the text+audio and the text-only twin.
    notes : sentences about the input that the user should read.
    n_references : neutral clips of the speaker that the codes are relative to.
    n_counted : tokens, of all layers where something sounds, that the bag counted; 0 without one.
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

    @property
    def labels(self) -> tuple[str, ...]:
        return self.text_audio.labels

    @property
    def verdict_text_only(self) -> str:
        return self.text_only.verdict

    @property
    def verdict_text_audio(self) -> str:
        return self.text_audio.verdict

    @property
    def n_frames(self) -> int:
        return int(self.codes.shape[1])

    @property
    def n_tokens(self) -> int:
        """Frames times layers of the bundle's configuration."""
        return self.n_frames * len(self.vocabulary.layers)

    @property
    def n_selected(self) -> int:
        return len(self.selected)

    @property
    def n_used(self) -> int:
        return len(self.sequence.audio_positions)

    def _repr_html_(self) -> str:
        """Give the probabilities of both twins as a table, as a notebook shows them."""
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
