"""Logits of many utterances at once: what they share goes through the backbone once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from audiotok.bundle import Twin
from audiotok.reader import Reader
from audiotok.sequence import Block, SequenceBuilder, TokenSequence

Logits = NDArray[np.float64]
Seeds = Sequence[int] | None
Reading = tuple[bytes, tuple[Block, ...]]  # what determines logits, see ``TokenSequence.reading``

N_TEXTS = 64  # whose logits are kept


class SharedReading:
    """Reads utterances with both twins, each distinct sequence once.

    The text-only twin's logits of the texts read last are kept, by a digest of the text: whoever
    asks again about an utterance mostly changes its voice.

    Parameters
    ----------
    reader : the backbone with the adapters of both twins and all seeds.
    builder : builds the token sequences that ``reader`` reads.
    """

    def __init__(self, reader: Reader, builder: SequenceBuilder) -> None:
        self._reader, self._builder = reader, builder
        self._texts: dict[bytes, Logits] = {}

    def logits(
        self, utterances: Sequence[Sequence[TokenSequence]], twin: Twin, seeds: Seeds = None
    ) -> Logits:
        """Return a twin's logits, shape ``(n_seeds, n_utterances, n_labels)``.

        Parameters
        ----------
        utterances : variants of each, over which logits are averaged.
        seeds : places of the seeds that read; None takes all.
        """
        if twin == "text_only":
            utterances = [[self._builder.without_audio(first)] for first, *_ in utterances]
        distinct = {each.reading: each for variants in utterances for each in variants}
        if twin == "text_only":
            found = self._of_texts(distinct, seeds)
        else:
            keep = len(utterances) == 1 and seeds is None
            found = self._read(list(distinct.values()), twin, seeds, keep=keep)
        place = {reading: index for index, reading in enumerate(distinct)}
        means = [
            found[:, [place[each.reading] for each in variants]].mean(axis=1)
            for variants in utterances
        ]
        return np.stack(means, axis=1)

    def _of_texts(self, distinct: Mapping[Reading, TokenSequence], seeds: Seeds) -> Logits:
        kept = self._texts  # replaced as a whole below, since several threads may read
        keys = {reading: hashlib.sha256(reading[0]).digest() for reading in distinct}
        new = [each for reading, each in distinct.items() if keys[reading] not in kept]
        if new:
            read = self._read(new, "text_only", None)
            made = {keys[each.reading]: read[:, place] for place, each in enumerate(new)}
            kept = kept | made
            self._texts = dict(list(kept.items())[-N_TEXTS:])
        found = np.stack([kept[keys[reading]] for reading in distinct], axis=1)
        return found if seeds is None else found[list(seeds)]

    def _read(
        self,
        sequences: Sequence[TokenSequence],
        twin: Twin,
        seeds: Seeds,
        *,
        keep: bool = False,
    ) -> Logits:
        blocks = [each.blocks for each in sequences]
        read = self._reader.logits(
            [each.ids for each in sequences],
            twin,
            keep=keep and not any(blocks),
            blocks=blocks,
            seeds=seeds,
        )
        return np.asarray(read.cpu().double().numpy())
