"""A trained model of one task as a folder: written by training, read by the app, shared on a hub.

``config.json``, ``vocabulary.json``, ``rows.safetensors`` (the pre-trained embedding rows: the
markers, then one row an audio token), ``text_only/seed_<n>`` and ``text_audio/seed_<n>`` (PEFT
adapters: LoRA, head, and the rows as fine-tuned with this seed), ``README.md`` (the model card)
and, where there are any, ``bag_of_tokens.safetensors`` (the linear classifier on all tokens) and
``token_profiles.json`` (what tokens sound like). All weights in half precision.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from audiotok import hub, token_profiles
from audiotok.acoustics.functionals import Functionals
from audiotok.bag_of_tokens import BagOfTokens
from audiotok.calibration import Calibration, DecisionRule
from audiotok.errors import BundleError
from audiotok.sequence import N_MARKERS
from audiotok.token_profiles import TOKEN_PROFILES, TokenProfiles
from audiotok.vocabulary import AudioVocabulary

FORMAT: Literal["audiotok-bundle"] = "audiotok-bundle"
Version = Literal[6, 7]
VERSION: Version = 7  # since which a vocabulary may be coarser than its codec; 6 is read too
READABLE = " and ".join(map(str, get_args(Version)))
_RENAMED_SINCE_5 = " Since version 5 'bag' is called 'bag_of_tokens', and so is its file."
CONFIG, VOCABULARY, CARD = "config.json", "vocabulary.json", "README.md"
ROWS, BAG = "rows.safetensors", "bag_of_tokens.safetensors"
BAG_PARTS = ("weights", "bias", "functional_weights", "plain", "reference_correction")
ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"

Twin = Literal["text_only", "text_audio"]
TWINS: tuple[Twin, ...] = get_args(Twin)
ADAPTER_FILES = (ADAPTER_CONFIG, ADAPTER_WEIGHTS)
ALL_ADAPTERS = (f"{twin}/seed_*/{name}" for twin in TWINS for name in ADAPTER_FILES)
FILES = (CONFIG, VOCABULARY, ROWS, BAG, TOKEN_PROFILES, CARD, *ALL_ADAPTERS)
State = dict[str, torch.Tensor]


class BundleConfig(BaseModel):
    """The contents of ``config.json``.

    Attributes
    ----------
    codec : hub id of the codec, or null for the one that ships.
    codec_fingerprint : digest of that codec; the bundle fits no other.
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
    backbone: str
    max_length: int | None = None
    seeds: tuple[int, ...]

    def rule(self, twin: Twin) -> DecisionRule:
        """Return the decision rule of a twin: the labels with its thresholds."""
        return DecisionRule(self.labels, self.thresholds.get(twin, ()))


@dataclass(frozen=True)
class Adapter:
    """Config and weights of one PEFT adapter (LoRA, Hu et al. 2022).

    Attributes
    ----------
    config : the contents of peft's ``adapter_config.json``.
    state : weights of LoRA, head and audio rows by peft's names.
    """

    config: dict[str, Any]
    state: State


@dataclass(frozen=True)
class Bundle:
    """A trained model of one task, all but codec and backbone.

    Attributes
    ----------
    rows : pre-trained embedding rows, shape ``(n_markers + n_tokens, dimension)``.
    adapters : one for each twin and seed.
    bag_of_tokens : linear classifier on all tokens of a clip, part of the text+audio twin; None
        where that reads the selected tokens only.
    card : text of the model card.
    profiles : what the tokens sounded like in training; None where nobody measured it.

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
    card: str = ""
    profiles: TokenProfiles | None = None

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
        if self.bag_of_tokens is None and any(
            one.bag_of_tokens for one in config.calibration.values()
        ):
            raise BundleError(f"The bundle lacks its file '{BAG}'.")
        if self.bag_of_tokens is not None and len(self.bag_of_tokens.bias) != len(config.labels):
            raise BundleError("The bundle's bag does not have one function for each label.")
        if self.profiles is not None:
            token_profiles.require_fit(self.profiles, self.vocabulary)
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
            vocabulary=AudioVocabulary.load(_existing(folder / VOCABULARY)),
            rows=_one_tensor(_read_weights(folder / ROWS)),
            adapters=adapters,
            bag_of_tokens=read_bag(folder / BAG) if (folder / BAG).is_file() else None,
            card=card.read_text(encoding="utf-8", errors="replace") if card.is_file() else "",
            profiles=token_profiles.read_profiles(folder),
        )

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the bundle to a folder, weights in half precision, no local path in any config.

        Adapters, bag of tokens and profiles of a bundle that is there already are deleted where
        this one has none.
        """
        folder = Path(folder)
        if is_bundle(folder):
            self._remove_leftovers(folder)
        folder.mkdir(parents=True, exist_ok=True)
        config = self.config.model_dump_json(indent=1)
        (folder / CONFIG).write_text(config + "\n", encoding="utf-8")
        self.vocabulary.save(folder / VOCABULARY)
        save_file({"rows": _half(self.rows)}, folder / ROWS)
        if self.bag_of_tokens is not None:
            write_bag(self.bag_of_tokens, folder / BAG)
        if self.profiles is not None:
            token_profiles.write_profiles(self.profiles, folder)
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
        if self.bag_of_tokens is None:
            (folder / BAG).unlink(missing_ok=True)
        if self.profiles is None:
            (folder / TOKEN_PROFILES).unlink(missing_ok=True)

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
    return _read_json(folder / CONFIG).get("format") == FORMAT


def _adapter_folder(twin: Twin, seed: int) -> str:
    return f"{twin}/seed_{seed}"


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise BundleError(f"The bundle lacks its file '{path.name}' (looked in '{path.parent}').")
    return path


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


def write_adapter(adapter: Adapter, folder: Path, backbone: str) -> None:
    """Write an adapter in peft's format, in half precision."""
    # peft notes the folder that the backbone was loaded from: the hub id goes there.
    config = adapter.config | {"base_model_name_or_path": backbone}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ADAPTER_CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True))
    state = {name: _half(value) for name, value in adapter.state.items()}
    save_file(state, folder / ADAPTER_WEIGHTS)


def read_adapter(folder: Path) -> Adapter:
    """Read an adapter in peft's format; raises BundleError where it is not a LoRA adapter."""
    config = _read_json(_existing(folder / ADAPTER_CONFIG))
    rank, alpha = config.get("r"), config.get("lora_alpha")
    is_scaled = isinstance(rank, int) and rank > 0 and isinstance(alpha, int | float)
    if config.get("peft_type") != "LORA" or not is_scaled:
        raise BundleError(f"'{folder.name}/{ADAPTER_CONFIG}' is not a LoRA config.")
    return Adapter(config, _read_weights(folder / ADAPTER_WEIGHTS))


def _read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object; an empty one where the file is missing or holds none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_bag(bag: BagOfTokens, path: Path) -> None:
    """Write a bag of tokens as safetensors, in half precision."""
    functionals = bag.functionals
    parts = {name: torch.as_tensor(getattr(bag, name)) for name in BAG_PARTS}
    parts |= {"functionals.layers": torch.as_tensor(functionals.layers)}
    parts |= {"functionals.values": torch.as_tensor(functionals.values)}
    save_file({name: _half(part) for name, part in parts.items()}, path)


def read_bag(path: Path) -> BagOfTokens:
    """Read a bag of tokens that ``write_bag`` wrote; raises BundleError where it is none."""
    state = {name: value.double().numpy() for name, value in _read_weights(path).items()}
    names = [*BAG_PARTS, "functionals.layers", "functionals.values"]
    if set(state) != set(names):
        raise BundleError(f"'{BAG}' must hold tensors called {', '.join(names)}.")
    layers, values = (state.pop(name) for name in names[-2:])
    reference_correction = float(state.pop("reference_correction"))
    functionals = Functionals(layers.astype(np.int64), values)
    return BagOfTokens(**state, functionals=functionals, reference_correction=reference_correction)


def _read_weights(path: Path) -> State:
    try:
        return {name: value.float() for name, value in load_file(_existing(path)).items()}
    except SafetensorError as error:
        raise BundleError(f"'{path.name}' in '{path.parent}' cannot be read.") from error


def _one_tensor(state: State) -> torch.Tensor:
    if set(state) != {"rows"}:
        raise BundleError(f"'{ROWS}' must hold one tensor called 'rows'.")
    return state["rows"]


def _half(value: torch.Tensor) -> torch.Tensor:
    return value.detach().cpu().to(torch.float16).contiguous()
