"""YAML configs, checked: a wrong key or type is one sentence, not a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from audiotok import backbone
from audiotok.bundle import Twin
from audiotok.device import AUTO
from audiotok.errors import DataError
from train.data.checks import OtherSpeakers
from train.select import SelectConfig

Model = TypeVar("Model", bound=BaseModel)


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values or len(set(values)) < len(values):
        raise ValueError("name at least one, and each once")
    return values


EachOnce = AfterValidator(_each_once)
Seeds = Annotated[tuple[Annotated[int, Field(ge=0, lt=2**32)], ...], EachOnce]
Labels = Annotated[tuple[str, ...], EachOnce]


class Strict(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid")


class CorpusConfig(Strict):
    """One corpus: which reader, where below ``data_dir``, which speakers validate and test.

    Attributes
    ----------
    neutral_words : the sentences are lexically neutral, so only the voice carries the labels.
    task : which of the corpus's tasks, where it has several.
    limit : how many records to read at most, of a corpus that is large.
    trust_pickle : open files that run code when opened.
    allow_shared_speakers : a speaker may stand in two splits.
    skip_incomplete : leave out records that lack their clip or transcript.
    first_channel : hear the first channel of a clip, as the published code does, not the mean.
    license : its licence, by the hub's name, such as ``cc-by-4.0``, where the reader does not know
        it; the card of what learned from it says so.
    clips : file that lists the only clips to read, one ``<corpus>/<id>`` a line.
    other_speakers : where ``splits`` list speakers, whether others are refused, train as well, or
        are left out; null refuses them in RAVDESS and nEMO, and trains on them elsewhere.
    """

    reader: str
    root: Path
    splits: dict[str, list[str]] = {}
    neutral_words: bool = False
    task: str | None = None
    limit: int | None = Field(None, ge=1)
    trust_pickle: bool = False
    allow_shared_speakers: bool = False
    skip_incomplete: bool = False
    first_channel: bool = False
    license: str | None = Field(None, min_length=1, max_length=200, pattern=r"^[^\n\r]+$")
    clips: Path | None = None
    other_speakers: OtherSpeakers | None = None

    @property
    def choices(self) -> dict[str, Any]:
        """What to tell ``read_corpus`` beside reader, folder and splits."""
        given = {"task": self.task, "limit": self.limit}
        return {name: value for name, value in given.items() if value is not None} | {
            "trust_pickle": self.trust_pickle,
            "allow_shared_speakers": self.allow_shared_speakers,
            "skip_incomplete": self.skip_incomplete,
            "first_channel": self.first_channel,
            "clips": self.clips,
            "other_speakers": self.other_speakers,
        }


class MixtureConfig(Strict):
    """What the training examples of a seed are.

    Attributes
    ----------
    n_augmented : variants of every training clip, changed as rooms, lines and other speakers would.
    relative : hear every clip once more relative to a neutral clip of its speaker, where the codec
        takes references.
    least_kept : a training example keeps a random share of its audio tokens, at least this one.
    voice_alone : share of the clips that come once more without their words.
    n_pairs : texts without a recording that get a clip of the same label, or where one of the
        two is neutral; the label is the other one's.
    n_texts : texts without a recording for the text-only twin, balanced over labels.
    """

    n_augmented: int = Field(0, ge=0)
    relative: bool = False
    least_kept: float = Field(1.0, gt=0, le=1)
    voice_alone: float = Field(0.5, ge=0, le=1)
    n_pairs: int = Field(0, ge=0)
    n_texts: int = Field(0, ge=0)


class BagConfig(Strict):
    """The linear reader of all tokens, beside the language model that reads the selected ones.

    Attributes
    ----------
    C : inverse strength of the L2 penalty on the tokens' shares, scaled.
    C_functionals : the same on the functionals of what they stand for.
    n_augmented : changed variants of every training clip that it learns from.
    plain_share : how much of what it says of a reference alone is taken off, beyond what it says of
        plain voices on average.
    everyone : whether the one that ships is then fitted on the voices of all speakers; the one that
        was measured lies beside it.
    """

    C: float = Field(3e-5, gt=0)
    C_functionals: float = Field(3e-3, gt=0)
    n_augmented: int = Field(8, ge=0)
    plain_share: float = Field(0.0, ge=0)
    everyone: bool = False


class PretrainConfig(Strict):
    """Embedding pre-training: only the new rows learn.

    Attributes
    ----------
    start : where the rows start: ``random``, or, by their ``lasso`` weights, near the words for
        the classes that they speak for.
    mask_rate : share of the audio positions that an encoder has to guess.
    bf16 : compute in bfloat16 where the hardware does.
    backbone_dropout : whether the backbone drops what it was trained to drop.
    held_out : share of the sequences that validate.
    """

    epochs: float = Field(5, gt=0)
    learning_rate: float = Field(3e-4, gt=0)
    batch_size: int = Field(32, ge=1)
    warmup: float = Field(0.05, ge=0)
    patience: int = Field(3, ge=1)
    start: Literal["random", "lasso"] = "random"
    mask_rate: float = Field(0.3, gt=0, lt=1)
    bf16: bool = False
    backbone_dropout: bool = True
    held_out: float = Field(0.1, gt=0, lt=1)
    seed: int = Field(42, ge=0)


class FinetuneConfig(Strict):
    """LoRA fine-tuning, once for each seed and twin.

    Attributes
    ----------
    targets : modules that LoRA adapts; null for peft's choice for the backbone.
    balance : exponent of the class weights: 1 fully balanced, 0 none.
    listen_epochs : epochs of the text+audio twin; null for as many as the other's.
    read_first : start the text+audio adapter of a seed from its text-only one.
    bf16 : compute in bfloat16 where the hardware does.
    backbone_dropout : whether the backbone drops what it was trained to drop; LoRA's own dropout
        is ``dropout``.
    """

    seeds: Seeds = (42, 100, 6)
    rank: int = Field(8, ge=1)
    alpha: int = Field(16, ge=1)
    dropout: float = Field(0.1, ge=0, lt=1)
    targets: list[str] | None = None
    epochs: float = Field(10, gt=0)
    listen_epochs: float | None = Field(None, gt=0)
    learning_rate: float = Field(1e-3, gt=0)
    batch_size: int = Field(32, ge=1)
    warmup: float = Field(0.05, ge=0)
    patience: int = Field(3, ge=1)
    balance: float = Field(1.0, ge=0)
    read_first: bool = False
    bf16: bool = False
    backbone_dropout: bool = True

    def for_twin(self, twin: Twin) -> FinetuneConfig:
        """Give the settings of one twin, without what only the other one needs."""
        own: dict[str, Any] = {"read_first": False}
        if twin == "text_audio":
            own = {"epochs": self.listen_epochs or self.epochs}
        return self.model_copy(update={"listen_epochs": None, **own})


class TaskConfig(Strict):
    """What there is to tell apart, and in which corpora.

    Attributes
    ----------
    label_map : corpus labels that mean a label of the task by another name.
    neutral_labels : corpus labels that mean the absence of every label.
    left_out_labels : corpus labels that mean nothing to the task.
    untested_labels : labels that validation or test may lack.
    device : where to compute: ``auto``, ``cuda``, ``mps`` or ``cpu``.
    """

    task: str
    labels: Labels
    multi_label: bool
    label_map: dict[str, str] = {}
    neutral_labels: tuple[str, ...] = ("neutral",)
    left_out_labels: tuple[str, ...] = ()
    untested_labels: tuple[str, ...] = ()
    data_dir: Path
    work: Path
    corpora: list[CorpusConfig]
    device: str = AUTO


class CorporaConfig(BaseModel):
    """What every config says of its corpora; whatever else it says is none of its readers'."""

    data_dir: Path
    corpora: list[CorpusConfig]


class RunConfig(TaskConfig):
    """What the config of a bundle may say.

    Attributes
    ----------
    out : where the bundle goes.
    codec : folder or hub id; null for the one that ships.
    pretrain_corpora : what the rows are pre-trained on, labels or not; where there are none, the
        training clips of ``corpora``.
    bag : null, as published, where the selected tokens are all that is read of a voice.
    listener_share : how much the language model's logits keep of the scale that is likeliest on
        validation, beside the words and the bag. A corpus's own speakers say too much for the
        listener; corpora that it never heard are told better with less of it.
    pairs_weight : how much the pairs of words and voices count beside the clips where thresholds
        are decided; with more of it, words keep their verdict in a neutral voice more often, and a
        voice less often moves neutral words.
    """

    out: Path
    pretrain_corpora: list[CorpusConfig] = []
    codec: str | None = None
    backbone: str = backbone.MINILM
    max_length: int | None = Field(None, ge=8)
    selection: SelectConfig = SelectConfig()
    bag: BagConfig | None = None
    listener_share: float = Field(1.0, gt=0)
    pairs_weight: float = Field(1.0, ge=0)
    mixture: MixtureConfig = MixtureConfig()
    pretrain: PretrainConfig = PretrainConfig()
    finetune: FinetuneConfig = FinetuneConfig()


class ExperimentConfig(TaskConfig):
    """What the config of a task for experiments may say; each system has a file of its own.

    Attributes
    ----------
    metric : a name in ``train.metrics.METRICS``.
    work : folder for the runs, one below it for each system.
    system : from the system's file: ``name``, one of ``train.systems.SYSTEMS``, and its settings.
    seeds : one fit each; a bag averages their probabilities.
    """

    metric: str
    system: dict[str, Any]
    seeds: Seeds = (42, 100, 6, 10, 420)


def read_config(path: Path, model: type[Model], **overrides: Any) -> Model:
    """Read a YAML file as ``model``; overrides that are not None win.

    ``inherits`` names another file, beside this one, whose settings hold where this one says
    nothing; lists are replaced as a whole.

    Raises
    ------
    DataError
        When a file is missing, is not YAML, inherits in a circle, or has a wrong key or value.
    """
    content = read_content(path)
    content |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise DataError(f"'{path}' is wrong at {first_mistake(error)}") from error


def first_mistake(error: ValidationError) -> str:
    """Say where the first mistake in some settings is, and what."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"'{where}': {first['msg']}."


def read_content(path: Path, heirs: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a YAML mapping and what it inherits.

    Parameters
    ----------
    heirs : files that inherit from this one.

    Raises
    ------
    DataError
        When a file is missing, is not YAML, or inherits in a circle.
    """
    if path.resolve() in heirs:
        raise DataError(f"'{path}' inherits from itself; break the circle of 'inherits'.")
    if not path.is_file():
        wanted = f", which '{heirs[-1]}' inherits from" if heirs else ""
        raise DataError(f"There is no config at '{path}'{wanted}.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"'{path}' is not valid YAML: {error}.") from error
    if not isinstance(content, dict):
        raise DataError(f"'{path}' must be a mapping of settings.")
    base = content.pop("inherits", None)
    if base is None:
        return content
    inherited = read_content(path.parent / str(base), (*heirs, path.resolve()))
    return _merged(inherited, content)


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Lay settings over others, mapping by mapping."""
    both = {
        name: _merged(base[name], value)
        for name, value in own.items()
        if isinstance(value, dict) and isinstance(base.get(name), dict)
    }
    return base | own | both
