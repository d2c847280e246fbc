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
from train.data import read_corpus
from train.data.records import SPLITS, Record
from train.encode import EncodedClips, encode_clips
from train.mixture import Example, Labelled, label_records, target_of, text_examples, voice_examples
from train.select import select_tokens
from train.stages import digest, run_stage

logger = logging.getLogger(__name__)

STAGES = ("encode", "select", "pretrain", "finetune", "evaluate")
CODES = "codes"  # beside the runs' folders: clips are encoded once for all tasks
VALIDATION_SHARE = 0.2  # of the configured pairs and texts, for early stopping and thresholds


def run(config: RunConfig, last_stage: str = STAGES[-1]) -> None:
    """Run the stages up to ``last_stage``; those whose inputs have not changed are skipped."""
    stages = _Run(config)
    logger.info("encode: %d clips", len(stages.encoded.codes))
    for stage in STAGES[1 : STAGES.index(last_stage) + 1]:
        getattr(stages, f"{stage}_key")
    for name, reason in stages.encoded.failed:
        logger.warning("left out with its text: %s (%s)", name, reason)


def score_shipped(config: RunConfig) -> list[evaluate.Report]:
    """Score the bundle in ``config.out`` as it ships, on the test split."""
    stages = _Run(config)
    classifier = Classifier.load(Bundle.from_pretrained(config.out), codec=stages.codec)
    items = stages.labelled(classifier.bundle.vocabulary, "test")
    return evaluate.score(classifier, items)


def probe_codec(config: RunConfig) -> str:
    """Say what each layer of the codec holds of the task, on the test split, as Markdown."""
    stages = _Run(config)
    codec = stages.codec
    clips: dict[tuple[str, str], tuple[list[Any], list[Any]]] = {}
    for _, record in stages.records:
        target = target_of(record, config)
        if record in stages.encoded.codes and target is not None:
            corpus = "" if record.split == "train" else record.corpus
            codes, targets = clips.setdefault((record.split, corpus), ([], []))
            codes.append(stages.encoded.codes[record])
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
        records = [record for _, record in self.records]
        return encode_clips(records, self.codec, self.config.work.parent / CODES)

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
        records = [(corpus, record) for corpus, record in self.records if record.split == split]
        found = {
            record: vocabulary.find(self.encoded.codes[record])
            for _, record in records
            if record in self.encoded.codes
        }
        return label_records(records, found, self.config)

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
        kept: list[tuple[Record, Any]] = []
        for _, record in self.records:
            target = target_of(record, config)
            learnable = target is not None and (config.multi_label or target.any())
            if record.split == "train" and record in self.encoded.codes and learnable:
                kept.append((record, target))
        targets = np.stack([target for _, target in kept])
        selection = select_tokens(
            [self.encoded.codes[record] for record, _ in kept],
            [record.text for record, _ in kept],
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
        examples = voice_examples(items, self.config, self.config.pretrain.seed)
        rows, facts = pretrain_rows(
            self.config.backbone,
            [self.builder.build(e.text, e.selected).ids for e in examples],
            self.vocabulary,
            self.config.pretrain,
            folder,
        )
        # Half precision from here on, as it will ship: the adapters learn on the same rows.
        save_file({"rows": rows.half().float()}, folder / "rows.safetensors")
        _write_json(folder / "report.json", facts)

    @cached_property
    def finetune_key(self) -> list[str]:
        key = [self.pretrain_key, self.config.finetune.model_dump(exclude={"seeds"})]
        return [
            run_stage(
                f"finetune {twin}, seed {seed}",
                self._folder("finetune") / twin / f"seed_{seed}",
                [key, twin, seed],
                partial(self._finetune, twin, seed),
            )
            for twin in TWINS
            for seed in self.config.finetune.seeds
        ]

    def _finetune(self, twin: Twin, seed: int, folder: Path) -> None:
        from train.finetune import Row, finetune

        def rows(split: str, share: float) -> list[Row]:
            examples = self._examples(twin, split, seed, share)
            sequences = [self.builder.build(e.text, e.selected) for e in examples]
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
            self.config.finetune,
            folder,
            seed=seed,
            multi_label=self.config.multi_label,
            start=reads,
        )
        write_adapter(adapter, folder, self.config.backbone)
        _write_json(folder / "report.json", facts)

    def _examples(self, twin: Twin, split: str, seed: int, share: float) -> list[Example]:
        make = text_examples if twin == "text_only" else voice_examples
        return make(self.labelled(self.vocabulary, split), self.config, seed, share)

    @cached_property
    def evaluate_key(self) -> str:
        config = self.config
        inputs = [self.finetune_key, config.neutral_margin, str(config.out)]
        return run_stage("evaluate", self._folder("evaluate"), inputs, self._evaluate)

    def _evaluate(self, folder: Path) -> None:
        bundle = self._bundle({twin: (0.5,) * len(self.config.labels) for twin in TWINS}, "")
        chosen: dict[Twin, tuple[float, ...]] = {}
        if self.config.multi_label:
            seed = self.config.finetune.seeds[0]
            validation = {
                twin: self._examples(twin, "validation", seed, VALIDATION_SHARE) for twin in TWINS
            }
            chosen = evaluate.thresholds(Classifier.load(bundle, self.codec), validation)
        bundle = self._bundle(chosen, "")
        classifier = Classifier.load(bundle, self.codec)
        reports = evaluate.score(classifier, self.labelled(self.vocabulary, "test"))
        _write_json(folder / "report.json", reports)
        card = write_card(self.config, self._facts(), reports)
        self._bundle(chosen, card).save_pretrained(self.config.out)
        logger.info("evaluate: the bundle is in %s", self.config.out)

    def _bundle(self, thresholds: dict[Twin, tuple[float, ...]], card: str) -> Bundle:
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
                thresholds=thresholds if config.multi_label else {},
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
