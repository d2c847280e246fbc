"""Data of a task: records of its corpora, codes of their clips, and targets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiotok.codec import Codec
from audiotok.device import resolve_device
from audiotok.encoder_probe import EncoderProbe, FrameLogits
from audiotok.speech_encoder import States
from audiotok.vocabulary import AudioVocabulary
from train.corpora.checks import Shared, what_splits_share
from train.corpora.reading import read_corpora
from train.corpora.records import SPLITS, Record
from train.encoding.clip_variants import AUGMENTED, ClipVariant, References, clip_variants
from train.encoding.codes import CODES, EncodedClips, encode_clips
from train.encoding.encoder_states import STATES, encoder_states
from train.execution.stages import digest
from train.method.corpus_weights import Known, known_labels, label_weights
from train.method.training_examples import Labelled, View, check_labels, label_records, target_of
from train.settings.corpora import CorpusConfig
from train.settings.task import RunConfig

N_REFERENCES = {"train": 1, "validation": 1, "test": 3}  # choices of a reference for every clip
MEANING = {"task", "labels", "multi_label", "label_map", "neutral_labels"}


@dataclass(frozen=True)
class TaskData:
    """The records of a config, with the codes and targets of their clips.

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

    def with_all_splits_in_training(self) -> TaskData:
        """Return a copy in which records with audio of all splits are training records."""
        records = tuple(
            (corpus, replace(record, split="train") if record.audio else record)
            for corpus, record in self.records
        )
        return replace(self, records=records)

    @property
    def shared(self) -> list[Shared]:
        """Overlap between splits; corpora of fixed neutral sentences are left out."""
        return what_splits_share(r for corpus, r in self.records if not corpus.words_carry_no_label)

    @property
    def n_speakers(self) -> int:
        """Number of named speakers, all splits together."""
        return len({(r.corpus, r.speaker) for _, r in self.records if r.speaker})

    @cached_property
    def encoded(self) -> EncodedClips:
        """Codes of all clip variants of the splits, each ``(n_layers, n_frames)``."""
        return self.encode(variant for split in SPLITS for variant in self.clip_variants(split))

    @cached_property
    def unlabelled(self) -> EncodedClips:
        """Codes of the clips of ``unlabelled_records``."""
        return self.encode(
            ClipVariant(record) for record in self.unlabelled_records if record.audio
        )

    def encode(self, wanted: Iterable[ClipVariant]) -> EncodedClips:
        """Encode clip variants, or read their codes from the cache beside the runs' folders."""
        return encode_clips(list(wanted), self.codec, self.config.work.parent / CODES)

    @cached_property
    def references(self) -> References:
        """Neutral clips by speaker, of all corpora."""
        return References(record for _, record in self.records)

    def clip_variants(self, split: str, n_augmented: int | None = None) -> list[ClipVariant]:
        """Return a split's clip variants: as recorded, augmented (train), and with references."""
        if n_augmented is None:
            n_augmented = self.config.training_examples.n_augmented
        records = [record for _, record in self.records if record.split == split and record.audio]
        variants = [f"{AUGMENTED} {n}" for n in range(1, n_augmented + 1)]
        changes = ["", *variants] if split == "train" else [""]
        n_references = N_REFERENCES[split] if self.uses_references else 0
        return clip_variants(records, self.references, changes, n_references)

    @property
    def uses_references(self) -> bool:
        """Whether clips are also encoded relative to a reference of their speaker."""
        return self.config.training_examples.relative and self.codec.takes_reference

    def labelled_variants(self, split: str) -> tuple[list[ClipVariant], NDArray[np.int64]]:
        """Return a split's readable clip variants that are part of the task, and their targets.

        Targets are zeros and ones, shape ``(n_variants, n_labels)``.
        """
        config = self.config
        kept: list[tuple[ClipVariant, Any]] = []
        for variant in self.clip_variants(split):
            target = target_of(variant.record, config)
            learnable = target is not None and (config.multi_label or target.any())
            if variant in self.encoded.codes and learnable:
                kept.append((variant, target))
        targets = np.array([target for _, target in kept], dtype=np.int64)
        return [variant for variant, _ in kept], targets.reshape(-1, len(config.labels))

    def labelled(
        self, vocabulary: AudioVocabulary, split: str, probe: EncoderProbe | None = None
    ) -> list[Labelled]:
        """Return a split's records that are part of the task, with targets and what is heard."""
        return self.label(vocabulary, self.clip_variants(split), self.encoded, split, probe)

    def label(
        self,
        vocabulary: AudioVocabulary,
        wanted: list[ClipVariant],
        encoded: EncodedClips,
        split: str,
        probe: EncoderProbe | None = None,
    ) -> list[Labelled]:
        """Attach targets, tokens and what a probe makes of the voice to a split's records.

        Parameters
        ----------
        wanted : clip variants to take the tokens of; those that could not be encoded are left out.
        """
        frames = self._frame_logits(wanted, encoded, probe) if probe else {}
        views: dict[Record, tuple[View, ...]] = {}
        alone: dict[ClipVariant, View] = {}
        for variant in (variant for variant in wanted if variant in encoded.codes):
            codes = encoded.codes[variant]
            plain = (encoded.codes.get(each) for each in variant.plain)
            heard = frames.get(variant.alone)
            view = View(
                vocabulary.find(codes),
                self.codec.sounding(codes),
                relative=bool(variant.references),
                beside=(alone[variant.alone],) if variant.references else (),
                plain=tuple(self.codec.sounding(found) for found in plain if found is not None),
                frame_logits=None if heard is None else heard[:, self.codec.sounding_frames(codes)],
            )
            if not variant.references:
                alone[variant] = view
            views[variant.record] = (*views.get(variant.record, ()), view)
        records = [(corpus, record) for corpus, record in self.records if record.split == split]
        return label_records(records, views, self.config, self.known_labels)

    def _frame_logits(
        self, wanted: Iterable[ClipVariant], encoded: EncodedClips, probe: EncoderProbe
    ) -> dict[ClipVariant, FrameLogits]:
        """Return what a probe makes of each sound, by its variant without references."""
        sounds = dict.fromkeys(variant.alone for variant in wanted)
        heard = [variant for variant in sounds if variant in encoded.codes]
        return {
            variant: probe.frame_logits(states, encoded.codes[variant].shape[1])
            for variant, states in zip(heard, self.states(heard), strict=True)
        }

    def states(self, heard: Sequence[ClipVariant]) -> Iterator[States]:
        """Yield the states of Whisper's encoder of clips, each ``(n_states, dimension)``."""
        return encoder_states(heard, self.config.work.parent / STATES)

    @cached_property
    def known_labels(self) -> dict[str, Known]:
        """Which labels each corpus has, of shape ``(n_labels,)``; all where they are exclusive."""
        config = self.config
        told = [
            (record.corpus, target)
            for _, record in self.records
            if (target := target_of(record, config)) is not None
        ]
        found = known_labels([name for name, _ in told], np.stack([target for _, target in told]))
        return {name: known | (not config.multi_label) for name, known in found.items()}

    def label_weights(self, variants: Iterable[ClipVariant]) -> NDArray[np.float64]:
        """Return the weights of clip variants for each label, ``(n_variants, n_labels)``."""
        records = [variant.record for variant in variants]
        if not records:  # texts alone; whoever needs clips says so
            return np.zeros((0, len(self.config.labels)))
        targets = [target_of(record, self.config) for record in records]
        return label_weights(
            [record.corpus for record in records],
            self.known_labels,
            self.config.corpus_balance,
            labelled=np.array([target is not None and bool(target.any()) for target in targets]),
            unnamed=self.config.unnamed_label_weight,
        )

    def digest(self, *splits: str) -> str:
        """Return a digest of the records, targets and codes of some splits."""
        records = [
            [record.id, record.corpus, record.split, record.speaker, record.source, record.text]
            + [record.labels, corpus.words_carry_no_label]
            for corpus, record in self.records
            if record.split in splits
        ]
        variants = [variant for split in splits for variant in self.clip_variants(split)]
        codes = codes_digest(self.encoded, variants)
        meaning = self.config.model_dump(include=MEANING)
        return digest([meaning, self.codec.fingerprint, records, codes])


def codes_digest(clips: EncodedClips, wanted: Iterable[ClipVariant]) -> str:
    """Return a digest of clip variants with their codes."""
    whole = hashlib.sha256()
    for variant in wanted:
        record, codes = variant.record, clips.codes.get(variant)
        references = [[other.corpus, other.id] for other in variant.references]
        shape = None if codes is None else codes.shape
        facts = [record.corpus, record.id, record.text, variant.change, references, shape]
        whole.update(repr(facts).encode())
        if codes is not None:
            whole.update(np.ascontiguousarray(codes).tobytes())
    return whole.hexdigest()
