"""A trained model of one task as a folder: written by training, read by the app, shared on a hub.

``config.json``, ``vocabulary.json``, ``rows.safetensors`` (the pre-trained embedding rows: the
markers, then one row an audio token), ``text_only/seed_<n>`` and ``text_audio/seed_<n>`` (PEFT
adapters: LoRA, head, and the rows as fine-tuned with this seed), ``README.md`` (the model card)
and, where there are any, ``bag_of_tokens.safetensors`` (the linear classifier on all tokens),
``encoder_probe.safetensors`` (that on the states of Whisper's encoder) and the small JSON files of
``optional_files``. Weights are in half precision, those of the probe in single precision.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import torch
from pydantic import BaseModel, ConfigDict, ValidationError

from audiotok import hub, optional_files
from audiotok.bag_of_tokens import BagOfTokens
from audiotok.bundle_weights import (
    ADAPTER_FILES,
    BAG,
    PROBE,
    ROWS,
    Adapter,
    existing,
    read_adapter,
    read_bag,
    read_json,
    read_probe,
    read_rows,
    write_adapter,
    write_bag,
    write_probe,
    write_rows,
)
from audiotok.calibration import LINEAR_READERS, Calibration, DecisionRule
from audiotok.embedding_map import EmbeddingMap
from audiotok.encoder_probe import EncoderProbe
from audiotok.errors import BundleError
from audiotok.faithfulness import Faithfulness
from audiotok.sequence import N_MARKERS
from audiotok.size_scores import SizeCurves
from audiotok.token_profiles import TokenProfiles
from audiotok.vocabulary import AudioVocabulary

FORMAT: Literal["audiotok-bundle"] = "audiotok-bundle"
Version = Literal[6, 7, 8]
# Since 7 a vocabulary may be coarser than its codec, since 8 there may be a probe of an encoder.
VERSION: Version = 8
READABLE = ", ".join(map(str, get_args(Version)))
_RENAMED_SINCE_5 = " Since version 5 'bag' is called 'bag_of_tokens', and so is its file."
CONFIG, VOCABULARY, CARD = "config.json", "vocabulary.json", "README.md"

Twin = Literal["text_only", "text_audio"]
TWINS: tuple[Twin, ...] = get_args(Twin)
ALL_ADAPTERS = (f"{twin}/seed_*/{name}" for twin in TWINS for name in ADAPTER_FILES)
LINEAR_FILES = dict(zip(LINEAR_READERS, (BAG, PROBE), strict=True))
FILES = (CONFIG, VOCABULARY, ROWS, BAG, PROBE, CARD, *optional_files.NAMES, *ALL_ADAPTERS)


class BundleConfig(BaseModel):
    """The contents of ``config.json``.

    Attributes
    ----------
    codec : hub id of the codec, or null for the one that ships.
    codec_fingerprint : digest of that codec; the bundle fits no other.
    speech_encoder_fingerprint : digest of the speech encoder that is probed; null where none is.
    backbone : hub id.
    calibration : for each twin the parameters of Platt scaling (Platt 1999), fitted on validation
        data.
    thresholds : for each twin one probability a label, chosen on validation data; below all of them
        the verdict is *neutral*. Empty where one of exclusive labels always holds.
    max_length : positions a sequence may have; null for the backbone's own limit.
    seeds : random seeds of the models whose probabilities are averaged.
    """

    model_config = ConfigDict(extra="forbid")

    format: Literal["audiotok-bundle"] = FORMAT
    version: Version = VERSION
    task: str
    labels: tuple[str, ...]
    multi_label: bool
    calibration: dict[Twin, Calibration] = {}
    thresholds: dict[Twin, tuple[float, ...]] = {}
    codec: str | None = None
    codec_fingerprint: str
    speech_encoder_fingerprint: str | None = None
    backbone: str
    max_length: int | None = None
    seeds: tuple[int, ...]

    def rule(self, twin: Twin) -> DecisionRule:
        """Return the decision rule of a twin: the labels with its thresholds."""
        return DecisionRule(self.labels, self.thresholds.get(twin, ()))


@dataclass(frozen=True)
class Bundle:
    """A trained model of one task, all but codec and backbone.

    Attributes
    ----------
    rows : pre-trained embedding rows, shape ``(n_markers + n_tokens, dimension)``.
    adapters : one for each twin and seed.
    bag_of_tokens : linear classifier on all tokens of a clip, part of the text+audio twin; None
        where that reads the selected tokens only.
    encoder_probe : linear classifier on the states of a speech encoder, another part of it.
    card : text of the model card.
    profiles : what the tokens sounded like in training; None where nobody measured it.
    sizes : scores of vocabularies of other sizes; None where nobody measured them.
    embedding_map : the tokens among words in two dimensions; None where there is none.
    faithfulness : which explanation names what verdicts rest on; None where nobody measured it.

    Raises
    ------
    BundleError
        When the parts do not fit each other.
    """

    config: BundleConfig
    vocabulary: AudioVocabulary
    rows: torch.Tensor
    adapters: Mapping[tuple[Twin, int], Adapter]
    bag_of_tokens: BagOfTokens | None = None
    encoder_probe: EncoderProbe | None = None
    card: str = ""
    profiles: TokenProfiles | None = None
    sizes: SizeCurves | None = None
    embedding_map: EmbeddingMap | None = None
    faithfulness: Faithfulness | None = None

    def __post_init__(self) -> None:
        config = self.config
        n_thresholds = {len(config.thresholds.get(twin, ())) for twin in TWINS}
        allowed = {len(config.labels)} if config.multi_label else {0, len(config.labels)}
        if not n_thresholds <= allowed:
            raise BundleError("The bundle's thresholds are not one for each twin and label.")
        if self.rows.ndim != 2 or self.rows.shape[0] != N_MARKERS + len(self.vocabulary):
            raise BundleError(
                f"The bundle's embedding rows, shape {tuple(self.rows.shape)}, do not fit its "
                f"vocabulary of {len(self.vocabulary)} tokens and {N_MARKERS} markers."
            )
        for name, file in LINEAR_FILES.items():
            reader = getattr(self, name)
            if reader is None and any(getattr(one, name) for one in config.calibration.values()):
                raise BundleError(f"The bundle lacks its file '{file}'.")
            if reader is not None and len(reader.bias) != len(config.labels):
                raise BundleError(f"'{file}' does not have one function for each label.")
        if (self.encoder_probe is None) != (config.speech_encoder_fingerprint is None):
            raise BundleError(
                f"A bundle with '{PROBE}' names its speech encoder, and only such a bundle does."
            )
        optional_files.require_fit(self, self.vocabulary)
        missing = [key for key in self.keys if key not in self.adapters]
        if missing or not config.seeds:
            raise BundleError(f"The bundle lacks adapters: {missing or 'it names no seed'}.")

    @property
    def keys(self) -> list[tuple[Twin, int]]:
        """Twin and seed of every adapter, text-only first."""
        return [(twin, seed) for twin in TWINS for seed in self.config.seeds]

    @classmethod
    def from_pretrained(
        cls, source: str | Path, *, revision: str | None = None, token: str | None = None
    ) -> Bundle:
        """Load a bundle from a folder or a hub id; only the files of a bundle are downloaded.

        Parameters
        ----------
        source : folder, or hub id ``owner/name``.
        revision : branch, tag or commit of the hub's repository; None takes the default branch.
        token : access token of the hub; None takes that of ``hf auth login``, if any.

        Raises
        ------
        BundleError
            When it is not a bundle, has another version, lacks a file or has parts that do not fit
            each other, and when it cannot be downloaded.
        """
        folder = Path(source)
        if not folder.is_dir() and (folder.exists() or str(source).count("/") != 1):
            raise BundleError(f"'{source}' is neither a bundle folder nor a hub id.")
        folder = hub.find(source, FILES, revision, token)
        config = _read_config(folder)
        adapters = {
            (twin, seed): read_adapter(folder / _adapter_folder(twin, seed))
            for twin in TWINS
            for seed in config.seeds
        }
        card = folder / CARD
        return cls(
            config=config,
            vocabulary=AudioVocabulary.load(existing(folder / VOCABULARY)),
            rows=read_rows(folder / ROWS),
            adapters=adapters,
            bag_of_tokens=read_bag(folder / BAG) if (folder / BAG).is_file() else None,
            encoder_probe=read_probe(folder / PROBE) if (folder / PROBE).is_file() else None,
            card=card.read_text(encoding="utf-8", errors="replace") if card.is_file() else "",
            **optional_files.read_all(folder),
        )

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the bundle to a folder, weights in half precision, no local path in any config.

        Adapters, linear readers and optional files of a bundle that is there already are deleted
        where this one has none.
        """
        folder = Path(folder)
        if is_bundle(folder):
            self._remove_leftovers(folder)
        folder.mkdir(parents=True, exist_ok=True)
        config = self.config.model_dump_json(indent=1)
        (folder / CONFIG).write_text(config + "\n", encoding="utf-8")
        self.vocabulary.save(folder / VOCABULARY)
        write_rows(self.rows, folder / ROWS)
        if self.bag_of_tokens is not None:
            write_bag(self.bag_of_tokens, folder / BAG)
        if self.encoder_probe is not None:
            write_probe(self.encoder_probe, folder / PROBE)
        optional_files.write_all(self, folder)
        (folder / CARD).write_text(self.card, encoding="utf-8")
        for twin, seed in self.keys:
            adapter = self.adapters[twin, seed]
            write_adapter(adapter, folder / _adapter_folder(twin, seed), self.config.backbone)

    def _remove_leftovers(self, folder: Path) -> None:
        """Remove weights that would be read, or pushed, as if they were this bundle's."""
        own = {_adapter_folder(twin, seed) for twin, seed in self.keys}
        for twin in TWINS:
            for adapter in folder.glob(f"{twin}/seed_*"):
                if adapter.relative_to(folder).as_posix() not in own and not adapter.is_symlink():
                    for name in ADAPTER_FILES:
                        (adapter / name).unlink(missing_ok=True)
        for name, file in LINEAR_FILES.items():
            if getattr(self, name) is None:
                (folder / file).unlink(missing_ok=True)
        optional_files.remove_leftovers(self, folder)

    def push_to_hub(self, repo_id: str, *, private: bool = False, token: str | None = None) -> str:
        """Upload the bundle as a model repository and return its URL."""
        import tempfile

        import huggingface_hub

        api = huggingface_hub.HfApi(token=token)
        url = api.create_repo(repo_id, private=private, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            self.save_pretrained(folder)
            api.upload_folder(repo_id=repo_id, folder_path=folder)
        return str(url)


def is_bundle(folder: Path) -> bool:
    """Return whether a folder holds a bundle, of any version."""
    return read_json(folder / CONFIG).get("format") == FORMAT


def _adapter_folder(twin: Twin, seed: int) -> str:
    return f"{twin}/seed_{seed}"


def _read_config(folder: Path) -> BundleConfig:
    path = folder / CONFIG
    if not path.is_file():
        raise BundleError(f"'{folder}' is not a bundle: there is no {CONFIG} in it.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BundleError(f"'{folder}' is not a bundle: its {CONFIG} is not JSON.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BundleError(f"'{folder}' is not a bundle: its {CONFIG} does not say '{FORMAT}'.")
    if content.get("version") not in get_args(Version):
        raise BundleError(
            f"The bundle in '{folder}' has version {content.get('version')!r}; this program "
            f"reads {READABLE}, so update one of them.{_RENAMED_SINCE_5}"
        )
    try:
        return BundleConfig.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BundleError(
            f"The bundle's {CONFIG} is wrong at '{where}': {first['msg']}."
        ) from error
