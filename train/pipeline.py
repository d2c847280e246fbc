"""From audio and text to a bundle: encode, select, pretrain, finetune, bag, evaluate."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from audiotok import backbone
from audiotok.bag import Bag
from audiotok.bundle import (
    BAG,
    TWINS,
    Bundle,
    BundleConfig,
    Twin,
    read_adapter,
    read_bag,
    write_adapter,
    write_bag,
)
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from audiotok.sequence import SequenceBuilder
from audiotok.vocabulary import AudioVocabulary
from train import evaluate, processes
from train.bag import fit_bag
from train.card import write_card
from train.config import CorpusConfig, RunConfig
from train.confusion import confusion_picture, picture_name
from train.data import read_corpora
from train.data.checks import Shared, what_splits_share
from train.data.records import SPLITS, Record
from train.encode import CODES, EncodedClips, encode_clips
from train.hearings import AUGMENTED, Hearing, References, hearings
from train.mixture import (
    Labelled,
    View,
    check_labels,
    label_records,
    target_of,
    text_examples,
    voice_examples,
)
from train.select import SelectConfig, Selection, select_tokens
from train.stages import digest, run_stage

if TYPE_CHECKING:
    from train.finetune import Row
    from train.pretrain import Ids

logger = logging.getLogger(__name__)

STAGES = ("encode", "select", "pretrain", "finetune", "bag", "evaluate", "ship")
MEASURED_BAG = "measured_bag.safetensors"  # beside a bag that has heard everyone
VALIDATION_SHARE = 0.2  # of the configured pairs and texts, for early stopping and thresholds
N_REFERENCES = {"train": 1, "validation": 1, "test": 3}  # choices of a reference for every clip


def run(config: RunConfig, last_stage: str = STAGES[-1]) -> None:
    """Run the stages up to ``last_stage``; those whose inputs have not changed are skipped."""
    stages = Run(config)
    logger.info("encode: %d clips", len(stages.encoded.codes))
    for shared in stages.shared:
        logger.info("%s", shared)
    for stage in STAGES[1 : STAGES.index(last_stage) + 1]:
        getattr(stages, f"{stage}_key")
    unread = stages.unlabelled.failed if config.pretrain_corpora else []
    for name, reason in stages.encoded.failed + unread:
        logger.warning("left out with its text: %s (%s)", name, reason)


@dataclass
class Run:
    """The stages of one config; each reads what the ones before it left in their folders.

    The key of a stage is the digest of all that it depends on; asking for it runs the stage.
    """

    config: RunConfig

    @cached_property
    def codec(self) -> Codec:
        return Codec.load(self.config.codec)

    @cached_property
    def records(self) -> list[tuple[CorpusConfig, Record]]:
        records = read_corpora(self.config.corpora, self.config.data_dir)
        check_labels(records, self.config)
        return records

    @property
    def shared(self) -> list[Shared]:
        """What the splits of each corpus share, apart from sentences that are meant to be."""
        return what_splits_share(r for corpus, r in self.records if not corpus.neutral_words)

    @cached_property
    def encoded(self) -> EncodedClips:
        with processes.first_goes_first():
            return self.encode([h for split in SPLITS for h in self._hearings(split)])

    def encode(self, wanted: list[Hearing]) -> EncodedClips:
        """Encode hearings, or find their codes beside the runs' folders."""
        return encode_clips(wanted, self.codec, self.config.work.parent / CODES)

    @cached_property
    def references(self) -> References:
        return References(record for _, record in self.records)

    def _hearings(self, split: str, n_augmented: int | None = None) -> list[Hearing]:
        """Training clips are heard in several variants, and all clips relative to references."""
        if n_augmented is None:
            n_augmented = self.config.mixture.n_augmented
        records = [record for _, record in self.records if record.split == split and record.audio]
        variants = [f"{AUGMENTED} {n}" for n in range(1, n_augmented + 1)]
        changes = ["", *variants] if split == "train" else [""]
        n_references = N_REFERENCES[split] if self.hears_relative else 0
        return hearings(records, self.references, changes, n_references)

    @property
    def hears_relative(self) -> bool:
        return self.config.mixture.relative and self.codec.takes_reference

    @cached_property
    def vocabulary(self) -> AudioVocabulary:
        return AudioVocabulary.load(self._folder("select") / "vocabulary.json")

    @cached_property
    def rows(self) -> torch.Tensor:
        return load_file(self._folder("pretrain") / "rows.safetensors")["rows"]

    @cached_property
    def builder(self) -> SequenceBuilder:
        """Builds what the backbone reads in training, just as the classifier will."""
        hub_id = self.config.backbone
        tokenizer = backbone.load_tokenizer(hub_id)
        model = backbone.load_classifier(hub_id, len(self.config.labels), tokenizer)
        longest = backbone.longest_sequence(model, tokenizer)
        length = min(self.config.max_length or longest, longest)
        return SequenceBuilder(tokenizer, self.vocabulary, backbone.n_rows(model), length)

    def labelled(self, vocabulary: AudioVocabulary, split: str) -> list[Labelled]:
        """Give the records of a split that mean something to the task."""
        wanted = [hearing for hearing in self._hearings(split) if hearing in self.encoded.codes]
        return self.label(vocabulary, wanted, self.encoded, split)

    def label(
        self,
        vocabulary: AudioVocabulary,
        wanted: list[Hearing],
        encoded: EncodedClips,
        split: str,
    ) -> list[Labelled]:
        """Join a split's records with their targets and with what was heard of them."""
        views: dict[Record, tuple[View, ...]] = {}
        alone: dict[Hearing, View] = {}
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

    @cached_property
    def _data_key(self) -> str:
        """Digest of all that the later stages read: records and codes."""
        config = self.config.model_dump(
            include={"task", "labels", "multi_label", "label_map", "neutral_labels"}
        )
        records = [
            (record.id, record.text, record.labels, record.split, corpus.neutral_words)
            for corpus, record in self.records
        ]
        return digest([_digest_of(self.encoded), self.codec.fingerprint, config, records])

    @cached_property
    def select_key(self) -> str:
        inputs = [self._data_key, self.config.selection.model_dump(mode="json")]
        return run_stage("select", self._folder("select"), inputs, self._select)

    def heard(self, split: str) -> tuple[list[Hearing], NDArray[np.int64]]:
        """Give the hearings of a split that mean something to the task, and their targets.

        Targets are zeros and ones, shape ``(n_hearings, n_labels)``.
        """
        config = self.config
        kept: list[tuple[Hearing, Any]] = []
        for hearing in self._hearings(split):
            target = target_of(hearing.record, config)
            learnable = target is not None and (config.multi_label or target.any())
            if hearing in self.encoded.codes and learnable:
                kept.append((hearing, target))
        targets = np.array([target for _, target in kept], dtype=np.int64)
        return [hearing for hearing, _ in kept], targets.reshape(-1, len(config.labels))

    def selection(self, config: SelectConfig) -> Selection:
        """Select tokens on the training clips by other settings than the configured ones."""
        kept, targets = self.heard("train")
        voiced = np.flatnonzero(targets.sum(axis=0))
        if len(voiced) < (1 if self.config.multi_label else 2):
            voiced = np.arange(len(self.config.labels))  # nothing to tell apart, as it will say
        labels = [self.config.labels[number] for number in voiced]
        if unvoiced := [label for label in self.config.labels if label not in labels]:
            logger.warning("select: only texts have the label %s", " or ".join(unvoiced))
        targets = targets[:, voiced]
        return select_tokens(
            [self.encoded.codes[hearing] for hearing in kept],
            [hearing.record.text for hearing in kept],
            targets if self.config.multi_label else targets.argmax(axis=1),
            labels,
            config,
            codebook_size=self.codec.codebook_size,
        )

    def _select(self, folder: Path) -> None:
        selection = self.selection(self.config.selection)
        selection.vocabulary.save(folder / "vocabulary.json")
        report = selection.report()
        _write_json(folder / "report.json", report)
        logger.info(
            "select: %d tokens, per layer %s, relative duality gap %.1e",
            report["n_tokens"],
            report["n_tokens_per_layer"],
            report["fit"]["relative_gap"],
        )
        for point in report["path"]:
            logger.info("select: at C=%.4g there would be %d", point["C"], point["n_tokens"])

    @cached_property
    def bag_key(self) -> str | None:
        if self.config.bag is None:
            return None
        inputs = [self._data_key, self.config.bag.model_dump(exclude={"everyone"})]
        return run_stage("bag", self._folder("bag"), inputs, self._fit_bag)

    def _fit_bag(self, folder: Path) -> None:
        """Fit the reader of all tokens on the training clips, where the config asks for one."""
        if (config := self.config.bag) is None:
            return
        targets = {
            hearing: target
            for hearing in self._hearings("train", config.n_augmented)
            if (target := target_of(hearing.record, self.config)) is not None
        }
        codes = self.encode(list(targets)).codes
        bag = fit_bag(
            [self.codec.sounding(found) for found in codes.values()],
            np.stack([targets[hearing] for hearing in codes]),
            config,
            self.codec.functionals,
            multi_label=self.config.multi_label,
        )
        write_bag(bag, folder / BAG)

    def _bag(self, folder: Path) -> Bag | None:
        return read_bag(folder / BAG) if self.config.bag else None

    @cached_property
    def pretrain_key(self) -> str:
        config = self.config
        inputs: list[Any] = [
            self.select_key,
            config.backbone,
            config.max_length,
            config.mixture.model_dump(),
            config.pretrain.model_dump(),
        ]
        if config.pretrain_corpora:
            texts = [hearing.record.text for hearing in self.unlabelled.codes]
            inputs.append([_digest_of(self.unlabelled), texts])
        return run_stage("pretrain", self._folder("pretrain"), inputs, self._pretrain, trains=True)

    def _pretrain(self, folder: Path) -> None:
        from train.pretrain import pretrain_rows

        rows, facts = pretrain_rows(
            self.config.backbone,
            self._pretrain_sequences(),
            self.vocabulary,
            self.config.pretrain,
            folder,
        )
        # Half precision from here on, as it will ship: the adapters learn on the same rows.
        save_file({"rows": rows.half().float()}, folder / "rows.safetensors")
        _write_json(folder / "report.json", facts)

    @cached_property
    def unlabelled(self) -> EncodedClips:
        """The clips of the corpora that only pre-training reads."""
        records = [
            record for _, record in read_corpora(self.config.pretrain_corpora, self.config.data_dir)
        ]
        with processes.first_goes_first():
            return self.encode([Hearing(record) for record in records if record.audio])

    def _pretrain_sequences(self) -> list[Ids]:
        """Give whole text+audio sequences, as ids."""
        if not self.config.pretrain_corpora:
            items = self.labelled(self.vocabulary, "train")
            examples = voice_examples(items, self.config, self.config.pretrain.seed, thin=True)
            return [e.sequence(self.builder).ids for e in examples]
        return [
            self.builder.build(hearing.record.text, self.vocabulary.find(codes)).ids
            for hearing, codes in self.unlabelled.codes.items()
        ]

    @cached_property
    def finetune_key(self) -> list[str]:
        return [self._adapter_key(twin, seed) for twin, seed in self._keys]

    def _adapter_key(self, twin: Twin, seed: int) -> str:
        settings = self.config.finetune.for_twin(twin).model_dump(
            exclude={"seeds", "listen_epochs"}
        )
        return run_stage(
            f"finetune {twin}, seed {seed}",
            self._adapter_folder(twin, seed),
            [[self.pretrain_key, settings], twin, seed],
            lambda folder: self._finetune(twin, seed, folder),
            trains=True,
        )

    def _finetune(self, twin: Twin, seed: int, folder: Path) -> None:
        from train.finetune import finetune

        # The twin that listens goes on from the one that reads, so it need not learn to read too.
        reads = None
        if twin == "text_audio" and self.config.finetune.read_first:
            reads = read_adapter(self._adapter_folder("text_only", seed))
        train, validation = (self.labelled(self.vocabulary, s) for s in ("train", "validation"))
        adapter, facts = finetune(
            self.config.backbone,
            self.rows,
            self._rows(train, twin, seed, 1.0, thin=True),
            self._rows(validation, twin, seed, VALIDATION_SHARE, thin=False),
            self.config.finetune.for_twin(twin),
            folder,
            seed=seed,
            multi_label=self.config.multi_label,
            start=reads,
        )
        write_adapter(adapter, folder, self.config.backbone)
        _write_json(folder / "report.json", facts)

    def _rows(
        self, items: list[Labelled], twin: Twin, seed: int, share: float, *, thin: bool
    ) -> list[Row]:
        """Give what a twin reads of labelled records."""
        from train.finetune import Row

        if twin == "text_only":
            examples = text_examples(items, self.config, seed, share)
            sequences = [self.builder.without_audio(e.sequence(self.builder)) for e in examples]
        else:
            examples = voice_examples(items, self.config, seed, share, thin=thin)
            sequences = [e.sequence(self.builder) for e in examples]
        return [
            Row(input_ids=s.ids, labels=e.target) for s, e in zip(sequences, examples, strict=True)
        ]

    @cached_property
    def evaluate_key(self) -> str:
        config = self.config
        weights = [config.listener_share, config.pairs_weight]
        inputs = [self.finetune_key, self.bag_key, weights, str(config.out)]
        return run_stage("evaluate", self._folder("evaluate"), inputs, self._evaluate)

    def _evaluate(self, folder: Path) -> None:
        config = self.config
        validation = self.labelled(self.vocabulary, "validation")
        raw = Classifier.load(self._bundle(evaluate.undecided(config)), self.codec)
        decision = evaluate.decide(raw, validation, config)
        classifier = Classifier.load(self._bundle(decision), self.codec)
        reports = evaluate.score(classifier, self.labelled(self.vocabulary, "test"))
        _write_json(folder / "report.json", reports)
        card = write_card(config, self._facts(), reports)
        save_with_pictures(self._bundle(decision, card), reports, config.out)
        (config.out / MEASURED_BAG).unlink(missing_ok=True)
        shutil.rmtree(self._folder("ship"), ignore_errors=True)  # what it changed is made again
        logger.info("evaluate: the bundle is in %s", config.out)

    @cached_property
    def ship_key(self) -> str | None:
        """Fit the bag that ships on the voices of all speakers, where the config asks for it."""
        if self.config.bag is None or not self.config.bag.everyone:
            return None
        everyone = Run(self.config)
        everyone.records = [
            (corpus, replace(record, split="train") if record.audio else record)
            for corpus, record in self.records
        ]
        inputs = [self.evaluate_key, everyone._data_key]
        return run_stage("ship", self._folder("ship"), inputs, lambda f: self._ship(everyone, f))

    def _ship(self, everyone: Run, folder: Path) -> None:
        """Change the bag of the bundle, keep the measured one beside it, and say so."""
        everyone._fit_bag(folder)
        reports = _read_json(self._folder("evaluate") / "report.json")
        card = write_card(self.config, self._facts(), reports, n_everyone=everyone.n_speakers)
        out = self.config.out
        replace(Bundle.from_pretrained(out), bag=self._bag(folder), card=card).save_pretrained(out)
        shutil.copy(self._folder("bag") / BAG, out / MEASURED_BAG)
        logger.info("ship: the bag of the bundle in %s has heard everyone", out)

    @property
    def n_speakers(self) -> int:
        """Number of named speakers, all splits together."""
        return len({(r.corpus, r.speaker) for _, r in self.records if r.speaker})

    def _bundle(self, decision: evaluate.Decision, card: str = "") -> Bundle:
        config = self.config
        adapters = {key: read_adapter(self._adapter_folder(*key)) for key in self._keys}
        return Bundle(
            BundleConfig(
                task=config.task,
                labels=config.labels,
                multi_label=config.multi_label,
                calibration=decision.calibration,
                thresholds=decision.thresholds,
                codec=config.codec,
                codec_fingerprint=self.codec.fingerprint,
                backbone=config.backbone,
                max_length=config.max_length,
                seeds=config.finetune.seeds,
            ),
            self.vocabulary,
            self.rows,
            adapters,
            self._bag(self._folder("bag")),
            card,
        )

    def _facts(self) -> dict[str, Any]:
        records: dict[str, dict[str, int]] = {}
        for _, record in self.records:
            splits = records.setdefault(record.corpus, dict.fromkeys(SPLITS, 0))
            splits[record.split] += 1
        done = [_read_json(path) for path in self.config.work.glob("*/**/done.json")]
        return {
            "records": records,
            "selection": _read_json(self._folder("select") / "report.json"),
            "pretrain": _read_json(self._folder("pretrain") / "report.json"),
            "shared": [str(shared) for shared in self.shared],
            "machine": " and ".join(
                sorted({stage["machine"] for stage in done if "machine" in stage})
            ),
            "minutes": sum(stage["minutes"] for stage in done),
        }

    @property
    def _keys(self) -> list[tuple[Twin, int]]:
        return [(twin, seed) for twin in TWINS for seed in self.config.finetune.seeds]

    def _adapter_folder(self, twin: Twin, seed: int) -> Path:
        return self._folder("finetune") / twin / f"seed_{seed}"

    def _folder(self, stage: str) -> Path:
        return self.config.work / stage


def measured_bundle(config: RunConfig) -> Bundle:
    """Give the bundle in ``config.out`` as it was when it had heard no test speaker."""
    bundle = Bundle.from_pretrained(config.out)
    bag = config.out / MEASURED_BAG
    return replace(bundle, bag=read_bag(bag)) if bag.is_file() else bundle


def save_with_pictures(bundle: Bundle, reports: list[evaluate.Report], folder: Path) -> None:
    """Save a bundle and the confusion matrices that its card shows."""
    bundle.save_pretrained(folder)
    for report in reports:
        if np.any(report.get("confusion", 0)):
            picture = confusion_picture(report["confusion"], bundle.config.labels, report["corpus"])
            (folder / picture_name(report["corpus"])).write_bytes(picture)


def _digest_of(clips: EncodedClips) -> str:
    codes = hashlib.sha256()
    for found in clips.codes.values():
        codes.update(np.ascontiguousarray(found).tobytes())
    return codes.hexdigest()


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
