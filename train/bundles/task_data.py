"""What a task learns from and is tested on: its records, the codes of their clips, its targets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiotok.codec import Codec
from audiotok.device import resolve_device
from audiotok.vocabulary import AudioVocabulary
from train.corpora.checks import Shared, what_splits_share
from train.corpora.reading import read_corpora
from train.corpora.records import SPLITS, Record
from train.encoding.clip_variants import AUGMENTED, ClipVariant, References, hearings
from train.encoding.codes import CODES, EncodedClips, encode_clips
from train.execution.stages import digest
from train.method.training_examples import Labelled, View, check_labels, label_records, target_of
from train.settings.corpora import CorpusConfig
from train.settings.task import RunConfig

N_REFERENCES = {"train": 1, "validation": 1, "test": 3}  # choices of a reference for every clip
MEANING = {"task", "labels", "multi_label", "label_map", "neutral_labels"}


@dataclass(frozen=True)
class TaskData:
    """The records of a config and what is heard of them.

    Attributes
    ----------
    records : of the corpora that have labels, each with its corpus.
    unlabelled_records : of the corpora that only pre-training reads.
    """

    config: RunConfig
    codec: Codec
    records: tuple[tuple[CorpusConfig, Record], ...]
    unlabelled_records: tuple[Record, ...] = ()

    @classmethod
    def read(cls, config: RunConfig) -> TaskData:
        """Read all corpora of a config and load its codec.

        Raises
        ------
        AudiotokError
            When the device, a corpus, a label or the codec cannot be had as configured.
        """
        device = resolve_device(config.device)
        records = read_corpora(config.corpora, config.data_dir)
        check_labels(records, config)
        unlabelled = read_corpora(config.pretrain_corpora, config.data_dir)
        codec = Codec.load(config.codec, str(device))
        return cls(config, codec, tuple(records), tuple(record for _, record in unlabelled))

    def with_everyone_in_training(self) -> TaskData:
        """Give the same with the voices of all splits among those that train."""
        records = tuple(
            (corpus, replace(record, split="train") if record.audio else record)
            for corpus, record in self.records
        )
        return replace(self, records=records)

    @property
    def shared(self) -> list[Shared]:
        """What the splits of each corpus share, apart from sentences that are meant to be."""
        return what_splits_share(r for corpus, r in self.records if not corpus.words_carry_no_label)

    @property
    def n_speakers(self) -> int:
        """Number of named speakers, all splits together."""
        return len({(r.corpus, r.speaker) for _, r in self.records if r.speaker})

    @cached_property
    def encoded(self) -> EncodedClips:
        """The codes of all clips, in every way that they are heard."""
        return self.encode(hearing for split in SPLITS for hearing in self.hearings(split))

    @cached_property
    def unlabelled(self) -> EncodedClips:
        """The codes of the clips that only pre-training reads."""
        return self.encode(
            ClipVariant(record) for record in self.unlabelled_records if record.audio
        )

    def encode(self, wanted: Iterable[ClipVariant]) -> EncodedClips:
        """Encode hearings, or find their codes beside the runs' folders."""
        return encode_clips(list(wanted), self.codec, self.config.work.parent / CODES)

    @cached_property
    def references(self) -> References:
        """Finds neutral clips of a speaker, in all corpora."""
        return References(record for _, record in self.records)

    def hearings(self, split: str, n_augmented: int | None = None) -> list[ClipVariant]:
        """Training clips are heard in several variants, and all clips relative to references."""
        if n_augmented is None:
            n_augmented = self.config.training_examples.n_augmented
        records = [record for _, record in self.records if record.split == split and record.audio]
        variants = [f"{AUGMENTED} {n}" for n in range(1, n_augmented + 1)]
        changes = ["", *variants] if split == "train" else [""]
        n_references = N_REFERENCES[split] if self.hears_relative else 0
        return hearings(records, self.references, changes, n_references)

    @property
    def hears_relative(self) -> bool:
        """Whether clips are heard relative to references."""
        return self.config.training_examples.relative and self.codec.takes_reference

    def heard(self, split: str) -> tuple[list[ClipVariant], NDArray[np.int64]]:
        """Give the hearings of a split that mean something to the task, and their targets.

        Targets are zeros and ones, shape ``(n_hearings, n_labels)``.
        """
        config = self.config
        kept: list[tuple[ClipVariant, Any]] = []
        for hearing in self.hearings(split):
            target = target_of(hearing.record, config)
            learnable = target is not None and (config.multi_label or target.any())
            if hearing in self.encoded.codes and learnable:
                kept.append((hearing, target))
        targets = np.array([target for _, target in kept], dtype=np.int64)
        return [hearing for hearing, _ in kept], targets.reshape(-1, len(config.labels))

    def labelled(self, vocabulary: AudioVocabulary, split: str) -> list[Labelled]:
        """Give the records of a split that mean something to the task."""
        wanted = [hearing for hearing in self.hearings(split) if hearing in self.encoded.codes]
        return self.label(vocabulary, wanted, self.encoded, split)

    def label(
        self,
        vocabulary: AudioVocabulary,
        wanted: list[ClipVariant],
        encoded: EncodedClips,
        split: str,
    ) -> list[Labelled]:
        """Join a split's records with their targets and with what was heard of them."""
        views: dict[Record, tuple[View, ...]] = {}
        alone: dict[ClipVariant, View] = {}
        for hearing in wanted:
            codes = encoded.codes[hearing]
            selected = vocabulary.find(codes)
            if hearing.references:
                plain = (encoded.codes.get(each) for each in hearing.plain)
                view = View(
                    selected,
                    self.codec.sounding(codes),
                    relative=True,
                    beside=(alone[hearing.alone],),
                    plain=tuple(self.codec.sounding(found) for found in plain if found is not None),
                )
            else:
                view = alone[hearing] = View(selected, self.codec.sounding(codes))
            views[hearing.record] = (*views.get(hearing.record, ()), view)
        records = [(corpus, record) for corpus, record in self.records if record.split == split]
        return label_records(records, views, self.config)

    def digest(self, *splits: str) -> str:
        """Digest all that learning reads of some splits: records, targets, codes."""
        records = [
            [record.id, record.corpus, record.split, record.speaker, record.source, record.text]
            + [record.labels, corpus.words_carry_no_label]
            for corpus, record in self.records
            if record.split in splits
        ]
        heard = [hearing for split in splits for hearing in self.hearings(split)]
        meaning = self.config.model_dump(include=MEANING)
        return digest([meaning, self.codec.fingerprint, records, codes_digest(self.encoded, heard)])


def codes_digest(clips: EncodedClips, wanted: Iterable[ClipVariant]) -> str:
    """Digest which hearings have which codes."""
    whole = hashlib.sha256()
    for hearing in wanted:
        record, codes = hearing.record, clips.codes.get(hearing)
        references = [[other.corpus, other.id] for other in hearing.references]
        shape = None if codes is None else codes.shape
        facts = [record.corpus, record.id, record.text, hearing.change, references, shape]
        whole.update(repr(facts).encode())
        if codes is not None:
            whole.update(np.ascontiguousarray(codes).tobytes())
    return whole.hexdigest()
