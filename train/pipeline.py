"""From audio and text to a bundle: encode, select, pretrain, finetune, evaluate."""

from __future__ import annotations

import hashlib
import json
import logging
import platform
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from audiotok import backbone
from audiotok.bundle import TWINS, Adapter, Bundle, BundleConfig, Twin, read_adapter, write_adapter
from audiotok.classifier import Classifier
from audiotok.codec import Codec
from audiotok.sequence import SequenceBuilder
from audiotok.vocabulary import AudioVocabulary
from train import evaluate, probe
from train.card import write_card
from train.config import CorpusConfig, RunConfig
from train.confusion import confusion_picture, picture_name
from train.data import read_corpus
from train.data.records import EVERYONE, SPLITS, Record
from train.distort import DISTORTIONS
from train.encode import EncodedClips, encode_clips
from train.hearings import AUGMENTED, Hearing, References, hearings
from train.mixture import (
    Example,
    Labelled,
    View,
    label_records,
    target_of,
    text_examples,
    voice_examples,
)
from train.select import select_tokens
from train.stages import digest, run_stage

logger = logging.getLogger(__name__)

STAGES = ("encode", "select", "pretrain", "finetune", "evaluate")
CODES = "codes"  # beside the runs' folders: clips are encoded once for all tasks
VALIDATION_SHARE = 0.2  # of the configured pairs and texts, for early stopping and thresholds
N_REFERENCES = {"train": 1, "validation": 1, "test": 3}  # choices of a reference for every clip


def run(config: RunConfig, last_stage: str = STAGES[-1]) -> None:
    """Run the stages up to ``last_stage``; those whose inputs have not changed are skipped."""
    stages = _Run(config)
    logger.info("encode: %d clips", len(stages.encoded.codes))
    for stage in STAGES[1 : STAGES.index(last_stage) + 1]:
        getattr(stages, f"{stage}_key")
    for name, reason in stages.encoded.failed:
        logger.warning("left out with its text: %s (%s)", name, reason)


def score_shipped(config: RunConfig, only: Path | None = None) -> list[evaluate.Report]:
    """Score the bundle in ``config.out`` as it ships, on the test split.

    ``only`` names the root of one corpus that is to be scored alone.
    """
    stages = _Run(config)
    classifier = Classifier.load(Bundle.from_pretrained(config.out), codec=stages.codec)
    items = stages.labelled(classifier.bundle.vocabulary, "test")
    kept = {record for corpus, record in stages.records if only in (None, corpus.root)}
    return evaluate.score(classifier, [item for item in items if item.record in kept])


def score_unseen_corpora(config: RunConfig) -> list[evaluate.Report]:
    """Train once without each corpus of voices, and score on it.

    The runs lie below the config's own folder, in ``without-<corpus>``.
    """
    reports = []
    for left_out in (corpus for corpus in config.corpora if corpus.neutral_words):
        work = config.work / f"without-{left_out.root.name}"
        everyone = left_out.model_copy(update={"splits": {"test": [EVERYONE]}})
        corpora = [everyone if corpus is left_out else corpus for corpus in config.corpora]
        other = config.model_copy(update={"work": work, "out": work / "bundle", "corpora": corpora})
        run(other)
        reports += [
            report | {"corpus": f"{report['corpus']}, never heard before"}
            for report in score_shipped(other, only=left_out.root)
        ]
    return reports


def measure_robustness(config: RunConfig) -> str:
    """Say what each distortion costs the shipped bundle on test voices, as Markdown.

    A reference goes through the same distortion as its clip.
    """
    stages = _Run(config)
    classifier = Classifier.load(Bundle.from_pretrained(config.out), codec=stages.codec)
    voices = [r for _, r in stages.records if r.split == "test" and r.audio]
    scores = {}
    for change in ("", *DISTORTIONS):
        wanted = hearings(voices, stages.references, [change], int(stages.hears_relative))
        items = stages.label(classifier.bundle.vocabulary, wanted, stages.encode(wanted), "test")
        scores[change] = evaluate.voice_scores(classifier, [i for i in items if i.has_audio])
    return evaluate.robustness_table(scores)


def probe_codec(config: RunConfig) -> str:
    """Say what each layer of the codec holds of the task, on the test split, as Markdown."""
    stages = _Run(config)
    codec = stages.codec
    clips: dict[tuple[str, str], tuple[list[Any], list[Any]]] = {}
    for _, record in stages.records:
        target = target_of(record, config)
        if Hearing(record) in stages.encoded.codes and target is not None:
            corpus = "" if record.split == "train" else record.corpus
            codes, targets = clips.setdefault((record.split, corpus), ([], []))
            codes.append(stages.encoded.codes[Hearing(record)])
            targets.append(target)
    stacked = {key: (codes, np.stack(targets)) for key, (codes, targets) in clips.items()}
    tests = {corpus: found for (split, corpus), found in stacked.items() if split == "test"}
    return probe.markdown_table(
        {
            layers: probe.bag_scores(stacked["train", ""], tests, layers, codec.codebook_size)
            for layers in probe.layer_sets(codec.n_layers)
        }
    )


@dataclass
class _Run:
    """The stages of one config; each reads what the ones before it left in their folders.

    The key of a stage is the digest of all that it depends on; asking for it runs the stage.
    """

    config: RunConfig

    @cached_property
    def codec(self) -> Codec:
        return Codec.load(self.config.codec)

    @cached_property
    def records(self) -> list[tuple[CorpusConfig, Record]]:
        config = self.config
        return [
            (corpus, record)
            for corpus in config.corpora
            for record in read_corpus(corpus.reader, config.data_dir / corpus.root, corpus.splits)
        ]

    @cached_property
    def encoded(self) -> EncodedClips:
        return self.encode([h for split in SPLITS for h in self._hearings(split)])

    def encode(self, wanted: list[Hearing]) -> EncodedClips:
        """Encode hearings, or find their codes beside the runs' folders."""
        return encode_clips(wanted, self.codec, self.config.work.parent / CODES)

    @cached_property
    def references(self) -> References:
        return References(record for _, record in self.records)

    def _hearings(self, split: str) -> list[Hearing]:
        """Training clips are heard in several variants, and all clips relative to references."""
        mixture = self.config.mixture
        records = [record for _, record in self.records if record.split == split and record.audio]
        variants = [f"{AUGMENTED} {n}" for n in range(1, mixture.n_augmented + 1)]
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
        for hearing in wanted:
            view = View(vocabulary.find(encoded.codes[hearing]), bool(hearing.references))
            views[hearing.record] = (*views.get(hearing.record, ()), view)
        records = [(corpus, record) for corpus, record in self.records if record.split == split]
        return label_records(records, views, self.config)

    @cached_property
    def _data_key(self) -> str:
        """Digest of all that the later stages read: records and codes."""
        codes = hashlib.sha256()
        for found in self.encoded.codes.values():
            codes.update(np.ascontiguousarray(found).tobytes())
        config = self.config.model_dump(
            include={"task", "labels", "multi_label", "label_map", "neutral_labels"}
        )
        records = [
            (record.id, record.text, record.labels, record.split, corpus.neutral_words)
            for corpus, record in self.records
        ]
        return digest([codes.hexdigest(), self.codec.fingerprint, config, records])

    @cached_property
    def select_key(self) -> str:
        inputs = [self._data_key, self.config.selection.model_dump(mode="json")]
        return run_stage("select", self._folder("select"), inputs, self._select)

    def _select(self, folder: Path) -> None:
        config = self.config
        kept: list[tuple[Hearing, Any]] = []
        for hearing in self._hearings("train"):
            target = target_of(hearing.record, config)
            learnable = target is not None and (config.multi_label or target.any())
            if hearing in self.encoded.codes and learnable:
                kept.append((hearing, target))
        targets = np.stack([target for _, target in kept])
        selection = select_tokens(
            [self.encoded.codes[hearing] for hearing, _ in kept],
            [hearing.record.text for hearing, _ in kept],
            targets if config.multi_label else targets.argmax(axis=1),
            config.labels,
            config.selection,
            codebook_size=self.codec.codebook_size,
        )
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
    def pretrain_key(self) -> str:
        config = self.config
        inputs = [
            self.select_key,
            config.backbone,
            config.max_length,
            config.mixture.model_dump(),
            config.pretrain.model_dump(),
        ]
        return run_stage("pretrain", self._folder("pretrain"), inputs, self._pretrain)

    def _pretrain(self, folder: Path) -> None:
        from train.pretrain import pretrain_rows

        items = self.labelled(self.vocabulary, "train")
        examples = voice_examples(items, self.config, self.config.pretrain.seed, thin=True)
        rows, facts = pretrain_rows(
            self.config.backbone,
            [e.sequence(self.builder).ids for e in examples],
            self.vocabulary,
            self.config.pretrain,
            folder,
        )
        # Half precision from here on, as it will ship: the adapters learn on the same rows.
        save_file({"rows": rows.half().float()}, folder / "rows.safetensors")
        _write_json(folder / "report.json", facts)

    @cached_property
    def finetune_key(self) -> list[str]:
        settings = {twin: self.config.finetune.for_twin(twin) for twin in TWINS}
        key = {
            twin: [self.pretrain_key, of_twin.model_dump(exclude={"seeds", "listen_epochs"})]
            for twin, of_twin in settings.items()
        }
        return [
            run_stage(
                f"finetune {twin}, seed {seed}",
                self._folder("finetune") / twin / f"seed_{seed}",
                [key[twin], twin, seed],
                partial(self._finetune, twin, seed),
            )
            for twin in TWINS
            for seed in self.config.finetune.seeds
        ]

    def _finetune(self, twin: Twin, seed: int, folder: Path) -> None:
        from train.finetune import Row, finetune

        def rows(split: str, share: float) -> list[Row]:
            examples = self._examples(twin, split, seed, share)
            sequences = [e.sequence(self.builder) for e in examples]
            if twin == "text_only":
                sequences = [self.builder.without_audio(sequence) for sequence in sequences]
            return [
                Row(input_ids=s.ids, labels=e.target)
                for s, e in zip(sequences, examples, strict=True)
            ]

        # The twin that listens goes on from the one that reads, so it need not learn to read too.
        reads = None
        if twin == "text_audio" and self.config.finetune.read_first:
            reads = read_adapter(self._folder("finetune") / "text_only" / f"seed_{seed}")
        adapter, facts = finetune(
            self.config.backbone,
            self.rows,
            rows("train", 1.0),
            rows("validation", VALIDATION_SHARE),
            self.config.finetune.for_twin(twin),
            folder,
            seed=seed,
            multi_label=self.config.multi_label,
            start=reads,
        )
        write_adapter(adapter, folder, self.config.backbone)
        _write_json(folder / "report.json", facts)

    def _examples(self, twin: Twin, split: str, seed: int, share: float) -> list[Example]:
        items = self.labelled(self.vocabulary, split)
        if twin == "text_only":
            return text_examples(items, self.config, seed, share)
        return voice_examples(items, self.config, seed, share, thin=split == "train")

    @cached_property
    def evaluate_key(self) -> str:
        config = self.config
        inputs = [self.finetune_key, config.neutral_margin, str(config.out)]
        return run_stage("evaluate", self._folder("evaluate"), inputs, self._evaluate)

    def _evaluate(self, folder: Path) -> None:
        validation = self.labelled(self.vocabulary, "validation")
        raw = Classifier.load(self._bundle(evaluate.undecided(self.config)), self.codec)
        decision = evaluate.decide(raw, validation, self.config)
        classifier = Classifier.load(self._bundle(decision), self.codec)
        reports = evaluate.score(classifier, self.labelled(self.vocabulary, "test"))
        _write_json(folder / "report.json", reports)
        card = write_card(self.config, self._facts(), reports)
        self._bundle(decision, card).save_pretrained(self.config.out)
        for report in reports:
            if np.any(report.get("confusion", 0)):
                picture = confusion_picture(
                    report["confusion"], self.config.labels, report["corpus"]
                )
                (self.config.out / picture_name(report["corpus"])).write_bytes(picture)
        logger.info("evaluate: the bundle is in %s", self.config.out)

    def _bundle(self, decision: evaluate.Decision, card: str = "") -> Bundle:
        config = self.config
        adapters: dict[tuple[Twin, int], Adapter] = {
            (twin, seed): read_adapter(self._folder("finetune") / twin / f"seed_{seed}")
            for twin in TWINS
            for seed in config.finetune.seeds
        }
        return Bundle(
            BundleConfig(
                task=config.task,
                labels=config.labels,
                multi_label=config.multi_label,
                calibration=decision.calibration,
                thresholds=decision.thresholds,
                neutral_margin=config.neutral_margin,
                codec=config.codec,
                codec_fingerprint=self.codec.fingerprint,
                backbone=config.backbone,
                max_length=config.max_length,
                seeds=config.finetune.seeds,
            ),
            self.vocabulary,
            self.rows,
            adapters,
            card,
        )

    def _facts(self) -> dict[str, Any]:
        records: dict[str, dict[str, int]] = {}
        for _, record in self.records:
            splits = records.setdefault(record.corpus, dict.fromkeys(SPLITS, 0))
            splits[record.split] += 1
        device = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine()
        return {
            "records": records,
            "selection": _read_json(self._folder("select") / "report.json"),
            "pretrain": _read_json(self._folder("pretrain") / "report.json"),
            "machine": f"{torch.get_num_threads()} threads of {device}",
            "minutes": sum(
                _read_json(p)["minutes"] for p in self.config.work.glob("*/**/done.json")
            ),
        }

    def _folder(self, stage: str) -> Path:
        return self.config.work / stage


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
