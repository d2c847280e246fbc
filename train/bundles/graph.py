"""The stages that train a bundle, as a graph of inputs and outputs.

::

    encode -> select -> pretrain -> finetune (twin, seed) -> evaluate -> ship
    encode -> select -> profile -------------------------------^
    encode -> bag, encoder-probe ------------------------------^
"""

from __future__ import annotations

import logging
from pathlib import Path

from audiotok.bundle import LINEAR_FILES, Twin
from audiotok.bundle_weights import ADAPTER_CONFIG, ADAPTER_WEIGHTS, BAG, PROBE
from audiotok.errors import DataError
from audiotok.speech_encoder import FINGERPRINT
from audiotok.token_profiles import TOKEN_PROFILES
from train.bundles import learning, preflight
from train.bundles.assembly import Assembly, adapter_keys, publish, refitted
from train.bundles.learning import Learner
from train.bundles.run_folders import BUNDLE, PROFILE, RunFolders
from train.bundles.task_data import TaskData, codes_digest
from train.encoding.encoder_states import STATES_CODE
from train.execution import processes
from train.execution.stages import Stage, run_graph
from train.method.steps import FINETUNING_CODE, PRETRAIN, REPORT, SELECT
from train.settings.steps import BagOfTokensConfig, EncoderProbeConfig
from train.settings.task import RunConfig

logger = logging.getLogger(__name__)

STAGES = (
    "encode",
    "select",
    "profile",
    "pretrain",
    "finetune",
    "bag",
    "encoder-probe",
    "evaluate",
    "ship",
)
ELSEWHERE = {"work", "out", "data_dir", "device"}  # settings that no result depends on
EXAMPLES_CODE = (
    "audiotok.sequence",
    "train.method.corpus_weights",
    "train.method.training_examples",
)
PROFILING_CODE = (
    "audiotok.acoustics.pitch",
    "audiotok.token_profiles",
    "train.evaluation.frame_measures",
    "train.evaluation.token_profiles",
)
BAG_CODE = (
    "audiotok.acoustics.functionals",
    "audiotok.bag_of_tokens",
    "train.method.bag_of_tokens",
    "train.method.class_rows",
    "train.method.corpus_weights",
    "train.method.linear_fit",
    "train.method.token_counts",
)
PROBE_CODE = (
    "audiotok.encoder_probe",
    "train.encoding.encoder_states",
    "train.method.class_rows",
    "train.method.corpus_weights",
    "train.method.encoder_probe",
    "train.method.linear_fit",
    *STATES_CODE,
)
SCORING = (
    "train.evaluation.reports",
    "train.evaluation.scoring",
    "train.evaluation.text_scores",
    "train.evaluation.views",
    "train.evaluation.calibration_fit",
    "train.evaluation.metrics",
    "train.method.training_examples",
)
WRITING = (
    "train.bundles.model_card",
    "train.evaluation.score_tables",
    "train.corpora.licences",
    "train.evaluation.confusion",
    "train.evaluation.embedding_map",
)
PREDICTING = (
    "audiotok.classifier",
    "audiotok.calibration",
    "audiotok.bag_of_tokens",
    "audiotok.encoder_probe",
    "audiotok.judgement",
    "audiotok.prediction",
    "audiotok.reader.bert",
    "audiotok.reader.any_backbone",
    "audiotok.sequence",
    "audiotok.utterance",
    *STATES_CODE,
)
LINEAR_STAGES = ("bag", "encoder-probe")
BUNDLE_FILES = (f"{BUNDLE}/config.json", f"{BUNDLE}/README.md")


def run(config: RunConfig, last_stage: str = STAGES[-1]) -> None:
    """Run a stage and its dependencies; stages whose inputs have not changed are skipped.

    Raises
    ------
    AudiotokError
        When a stage's requirements are not met; raised before the first stage runs.
    """
    for stage, settings in (("bag", "bag_of_tokens"), ("encoder-probe", "encoder_probe")):
        if last_stage == stage and getattr(config, settings) is None:
            raise DataError(f"This config asks for no {stage}; give it '{settings}'.")
    data = TaskData.read(config)
    preflight.check(data, last_stage)
    logger.info("encode: %d clips", len(data.encoded.codes))
    for shared in data.shared:
        logger.info("%s", shared)
    graph = Graph(data)
    wanted = graph.wanted(last_stage)
    run_graph(graph.stages(), wanted)
    if last_stage in ("evaluate", "ship") and processes.is_first():
        publish(graph.folders.bundle(wanted[0]), config.out)
    processes.wait_for_all()  # before anyone reads what was published
    unread = data.unlabelled.failed if config.pretrain_corpora else []
    for name, reason in data.encoded.failed + unread:
        logger.warning("left out with its text: %s (%s)", name, reason)


class Graph:
    """The stages of a task."""

    def __init__(self, data: TaskData) -> None:
        self.data, self.config = data, data.config
        self.folders = RunFolders(data.config.work)
        self.method = learning.method_of(data)
        self.learner = Learner(data, self.folders, self.method)

    def wanted(self, last: str) -> list[str]:
        """Return the names of the stages that a command runs."""
        if last == "ship" and not refitted(self.config):
            last = "evaluate"  # what was scored is what ships
        if last == "finetune":
            return [_adapter(twin, seed) for twin, seed in adapter_keys(self.config)]
        return [] if last == "encode" else [last]

    def stages(self) -> list[Stage]:
        """Return all stages of this config."""
        adapters = [self._finetune(twin, seed) for twin, seed in adapter_keys(self.config)]
        learned = [self._select(), self._profile(), self._pretrain(), *adapters]
        if bag := self.config.bag_of_tokens:
            learned.append(self._bag(bag))
        if probe := self.config.encoder_probe:
            learned.append(self._probe(probe))
        shipped = [self._ship(learned)] if refitted(self.config) else []
        return [*learned, self._evaluate(learned), *shipped]

    def _select(self) -> Stage:
        return self.method.selection(
            self.config.selection,
            lambda: learning.labelled_clips(self.data),
            lambda: [self.data.digest("train"), self._weighting],
        )

    def _profile(self) -> Stage:
        return Stage(
            name=PROFILE,
            folder=self.folders.of(PROFILE),
            build=lambda folder: learning.profiles(self.data, self.folders, folder),
            outputs=(TOKEN_PROFILES,),
            inputs=lambda: [self.data.digest("train")],
            needs=(SELECT,),
            code=PROFILING_CODE,
        )

    def _bag(self, bag: BagOfTokensConfig) -> Stage:
        return Stage(
            name="bag",
            folder=self.folders.of("bag"),
            build=lambda folder: learning.bag(self.data, bag, folder),
            outputs=(BAG,),
            inputs=lambda: self._bag_inputs(self.data, bag),
            code=BAG_CODE,
        )

    def _bag_inputs(
        self, data: TaskData, bag: BagOfTokensConfig | EncoderProbeConfig
    ) -> list[object]:
        wanted = data.clip_variants("train", bag.n_augmented)
        codes = codes_digest(data.encode(wanted), wanted)
        settings = bag.model_dump(exclude={"refit_on_all_splits"})
        return [data.digest("train"), codes, settings, self._weighting]

    def _probe(self, probe: EncoderProbeConfig) -> Stage:
        return Stage(
            name="encoder-probe",
            folder=self.folders.of("encoder-probe"),
            build=lambda folder: learning.probe(self.data, probe, folder),
            outputs=(PROBE,),
            inputs=lambda: self._probe_inputs(self.data, probe),
            code=PROBE_CODE,
            collective=True,
        )

    def _probe_inputs(self, data: TaskData, probe: EncoderProbeConfig) -> list[object]:
        return [*self._bag_inputs(data, probe), FINGERPRINT]

    def _pretrain(self) -> Stage:
        return self.method.pretraining(
            self.config.pretrain, self.learner.sequences, self._sequence_inputs, EXAMPLES_CODE
        )

    def _sequence_inputs(self) -> list[object]:
        data = self.data
        if self.config.pretrain_corpora:
            heard = codes_digest(data.unlabelled, data.unlabelled.codes)
        else:
            heard = data.digest("train")
        return [heard, *self._example_inputs]

    @property
    def _example_inputs(self) -> list[object]:
        return [self.config.training_examples.model_dump(), self._weighting]

    @property
    def _weighting(self) -> list[object]:
        """Inputs that determine how corpora are weighed and which of their labels count."""
        known = {name: labels.tolist() for name, labels in self.data.known_labels.items()}
        return [self.config.corpus_balance, self.config.unnamed_label_weight, known]

    def _finetune(self, twin: Twin, seed: int) -> Stage:
        settings = self.config.finetune.for_twin(twin).model_dump(
            exclude={"seeds", "listen_epochs"}
        )
        needs = [SELECT, PRETRAIN]
        if twin == "text_audio" and self.config.finetune.read_first:
            needs.append(_adapter("text_only", seed))
        return Stage(
            name=_adapter(twin, seed),
            folder=self.folders.adapter(twin, seed),
            build=lambda folder: self.learner.finetune(twin, seed, folder),
            outputs=(ADAPTER_CONFIG, ADAPTER_WEIGHTS),
            inputs=lambda: [
                self.data.digest("train", "validation"),
                self.method.reading,
                *self._example_inputs,
                settings,
                twin,
                seed,
            ],
            needs=tuple(needs),
            code=(*FINETUNING_CODE, *EXAMPLES_CODE, "train.evaluation.metrics"),
            collective=True,
        )

    def _evaluate(self, learned: list[Stage]) -> Stage:
        return Stage(
            name="evaluate",
            folder=self.folders.of("evaluate"),
            build=self._assembly(learned).evaluate,
            outputs=(REPORT, *BUNDLE_FILES),
            inputs=lambda: [
                self.data.digest("train", "validation", "test"),
                self.config.model_dump(mode="json", exclude=ELSEWHERE),
            ],
            needs=tuple(stage.name for stage in learned),
            code=(*SCORING, *WRITING, *PREDICTING),
            collective=True,
        )

    def _ship(self, learned: list[Stage]) -> Stage:
        everyone = self.data.with_all_splits_in_training
        readers = refitted(self.config)
        return Stage(
            name="ship",
            folder=self.folders.of("ship"),
            build=self._assembly(learned).ship,
            outputs=(*(LINEAR_FILES[name] for name in readers), *BUNDLE_FILES),
            inputs=lambda: [
                self._bag_inputs(everyone(), getattr(self.config, name)) for name in readers
            ],
            needs=("evaluate", *(stage.name for stage in learned if stage.name in LINEAR_STAGES)),
            code=(*BAG_CODE, *PROBE_CODE),
            collective=True,
        )

    def _assembly(self, learned: list[Stage]) -> Assembly:
        steps: tuple[Path, ...] = tuple(stage.folder for stage in learned)
        return Assembly(self.data, self.folders, steps)


def _adapter(twin: Twin, seed: int) -> str:
    return f"finetune {twin}, seed {seed}"
