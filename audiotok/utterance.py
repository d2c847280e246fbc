"""An utterance as all readers have it: token sequence, codes to count, probed frames."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audiotok.encoder_probe import FrameLogits
from audiotok.sequence import TokenSequence
from audiotok.vocabulary import LEFT_OUT, Codes


@dataclass(frozen=True)
class UtteranceEncoding:
    """One variant of an utterance, with or without speaker normalisation, ready for the models.

    Attributes
    ----------
    sequence : what the backbone reads.
    codes : what the bag of tokens counts, shape ``(n_layers, n_frames)``.
    plain : codes of each reference clip, without normalisation.
    frames : number of the frame of each column of ``codes``, shape ``(n_frames,)``; None where
        nobody asks.
    frame_logits : those of a probe for the same frames, shape ``(n_labels, n_frames)``; None where
        the bundle has no probe.
    """

    sequence: TokenSequence
    codes: Codes
    plain: tuple[Codes, ...] = ()
    frames: NDArray[np.int64] | None = None
    frame_logits: FrameLogits | None = None

    def without_frames(self, first: int, end: int, mask_id: int | None) -> UtteranceEncoding:
        """Return the encoding without the frames ``[first, end)``: unread and uncounted.

        Parameters
        ----------
        mask_id : what stands in place of the tokens that sound there (``leaving_out``).
        """
        unread = [
            position
            for position, token in enumerate(self.sequence.tokens)
            if (heard := token.occurrence) and heard.frame < end and heard.end > first
        ]
        frames = np.arange(self.codes.shape[1]) if self.frames is None else self.frames
        counted = (frames < first) | (frames >= end)
        return replace(
            self,
            sequence=self.sequence.leaving_out(unread, mask_id),
            codes=self.codes[:, counted],
            frames=frames[counted],
            frame_logits=None if self.frame_logits is None else self.frame_logits[:, counted],
        )

    def without_layer(self, layer: int, mask_id: int | None) -> UtteranceEncoding:
        """Return the encoding without the tokens of a 1-based layer: unread and uncounted."""
        unread = [
            position
            for position, token in enumerate(self.sequence.tokens)
            if (heard := token.occurrence) and heard.layer == layer
        ]
        codes = self.codes.copy()
        codes[layer - 1] = LEFT_OUT
        return replace(self, sequence=self.sequence.leaving_out(unread, mask_id), codes=codes)

    def without_probe(self) -> UtteranceEncoding:
        """Return the encoding without anything for the probe of the speech encoder to tell by."""
        frames = self.frame_logits
        return self if frames is None else replace(self, frame_logits=frames[:, :0])
