"""Single audio tokens taken out of an utterance: neither read nor counted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from audiotok.bag_of_tokens import BagOfTokens
from audiotok.bundle import Bundle
from audiotok.utterance import UtteranceEncoding
from audiotok.vocabulary import LEFT_OUT, Codes


class GappyBag(BagOfTokens):
    """A bag of tokens for codes of which single ones are ``LEFT_OUT``.

    Counts leave these out anyway; functionals of a layer are those of the frames that it has left.
    """

    def _functionals_of(self, codes: Codes) -> NDArray[np.float64]:
        layers = self.functionals.layers
        found = np.zeros(len(self.functionals)).reshape(-1, max(1, len(layers)))
        for layer in np.unique(layers):
            heard = codes[:, codes[layer] != LEFT_OUT]
            if heard.size:
                of_all = self.functionals(np.maximum(heard, 0)).reshape(found.shape)
                found[:, layers == layer] = of_all[:, layers == layer]
        return found.ravel()


def taking_gaps(bundle: Bundle) -> Bundle:
    """Return a bundle whose bag of tokens, if it has one, is a ``GappyBag``."""
    bag = bundle.bag_of_tokens
    if bag is None:
        return bundle
    parts = {part.name: getattr(bag, part.name) for part in fields(bag)}
    return replace(bundle, bag_of_tokens=GappyBag(**parts))


def without_tokens(
    encoding: UtteranceEncoding, positions: Collection[int], mask_id: int | None
) -> UtteranceEncoding:
    """Return the encoding without the audio tokens at some positions of its sequence.

    Parameters
    ----------
    mask_id : what stands in their place (``TokenSequence.leaving_out``).
    """
    codes = encoding.codes.copy()
    frames = np.arange(codes.shape[1]) if encoding.frames is None else encoding.frames
    for position in positions:
        if heard := encoding.sequence.tokens[position].occurrence:
            lasts = (frames >= heard.frame) & (frames < heard.end)
            codes[heard.layer - 1, lasts] = LEFT_OUT
    sequence = encoding.sequence.leaving_out(positions, mask_id)
    return replace(encoding, sequence=sequence, codes=codes)
