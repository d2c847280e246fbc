"""The weights of a bundle's folder as safetensors: rows, adapters, bag, probe."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from audiotok.acoustics.functionals import Functionals
from audiotok.bag_of_tokens import BagOfTokens
from audiotok.encoder_probe import EncoderProbe
from audiotok.errors import BundleError

ROWS, BAG = "rows.safetensors", "bag_of_tokens.safetensors"
PROBE = "encoder_probe.safetensors"
BAG_PARTS = ("weights", "bias", "functional_weights", "plain", "reference_correction")
PROBE_PARTS = ("weights", "centre", "bias")
ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
ADAPTER_FILES = (ADAPTER_CONFIG, ADAPTER_WEIGHTS)
State = dict[str, torch.Tensor]


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


def write_adapter(adapter: Adapter, folder: Path, backbone: str) -> None:
    """Write an adapter in peft's format, in half precision."""
    # peft notes the folder that the backbone was loaded from: the hub id goes there.
    config = adapter.config | {"base_model_name_or_path": backbone}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ADAPTER_CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True))
    state = {name: half(value) for name, value in adapter.state.items()}
    save_file(state, folder / ADAPTER_WEIGHTS)


def read_adapter(folder: Path) -> Adapter:
    """Read an adapter in peft's format; raises BundleError where it is not a LoRA adapter."""
    config = read_json(existing(folder / ADAPTER_CONFIG))
    rank, alpha = config.get("r"), config.get("lora_alpha")
    is_scaled = isinstance(rank, int) and rank > 0 and isinstance(alpha, int | float)
    if config.get("peft_type") != "LORA" or not is_scaled:
        raise BundleError(f"'{folder.name}/{ADAPTER_CONFIG}' is not a LoRA config.")
    return Adapter(config, read_weights(folder / ADAPTER_WEIGHTS))


def read_json(path: Path) -> dict[str, Any]:
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
    save_file({name: half(part) for name, part in parts.items()}, path)


def read_bag(path: Path) -> BagOfTokens:
    """Read a bag of tokens that ``write_bag`` wrote; raises BundleError where it is none."""
    state = {name: value.double().numpy() for name, value in read_weights(path).items()}
    names = [*BAG_PARTS, "functionals.layers", "functionals.values"]
    if set(state) != set(names):
        raise BundleError(f"'{BAG}' must hold tensors called {', '.join(names)}.")
    layers, values = (state.pop(name) for name in names[-2:])
    reference_correction = float(state.pop("reference_correction"))
    functionals = Functionals(layers.astype(np.int64), values)
    return BagOfTokens(**state, functionals=functionals, reference_correction=reference_correction)


def write_probe(probe: EncoderProbe, path: Path) -> None:
    """Write a probe of the speech encoder as safetensors, in single precision."""
    parts = {name: torch.as_tensor(getattr(probe, name)) for name in PROBE_PARTS}
    save_file({name: part.float().contiguous() for name, part in parts.items()}, path)


def read_probe(path: Path) -> EncoderProbe:
    """Read a probe that ``write_probe`` wrote; raises BundleError where it is none."""
    state = {name: value.double().numpy() for name, value in read_weights(path).items()}
    if set(state) != set(PROBE_PARTS) or [state[n].ndim for n in PROBE_PARTS] != [2, 1, 1]:
        raise BundleError(f"'{PROBE}' must hold tensors called {', '.join(PROBE_PARTS)}.")
    return EncoderProbe(**state)


def read_weights(path: Path) -> State:
    """Read the tensors of a file, in single precision."""
    try:
        return {name: value.float() for name, value in load_file(existing(path)).items()}
    except SafetensorError as error:
        raise BundleError(f"'{path.name}' in '{path.parent}' cannot be read.") from error


def read_rows(path: Path) -> torch.Tensor:
    """Read the embedding rows that ``write_rows`` wrote."""
    state = read_weights(path)
    if set(state) != {"rows"}:
        raise BundleError(f"'{ROWS}' must hold one tensor called 'rows'.")
    return state["rows"]


def write_rows(rows: torch.Tensor, path: Path) -> None:
    """Write embedding rows, in half precision."""
    save_file({"rows": half(rows)}, path)


def half(value: torch.Tensor) -> torch.Tensor:
    """Return a tensor as it is stored."""
    return value.detach().cpu().to(torch.float16).contiguous()


def existing(path: Path) -> Path:
    """Return a path; raises BundleError where there is no such file."""
    if not path.is_file():
        raise BundleError(f"The bundle lacks its file '{path.name}' (looked in '{path.parent}').")
    return path
