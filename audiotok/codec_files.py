"""The files of a codec: config, weights, and the acoustic measures that it was taught."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from audiotok import assets, hub
from audiotok.acoustics.taught_dimensions import TaughtDimensions
from audiotok.audio import SAMPLE_RATE
from audiotok.errors import BundleError

CONFIG, WEIGHTS, TAUGHT = "config.json", "codec.safetensors", "taught.safetensors"
ENCODER = "encoder.safetensors"  # a file of its own: hubs refuse large ones in a plain push
# Published checkpoints: where in its repository each keeps config and weights.
HUB_FOLDERS = {
    "fnlp/SpeechTokenizer": "speechtokenizer_hubert_avg",
    "fnlp/AnyGPT-speech-modules": "speechtokenizer",
}
MOVING_AVERAGES = ("embed_avg", "cluster_size", "inited")  # which only training reads
WEIGHT_NAMES = (WEIGHTS, "SpeechTokenizer.pt", "ckpt.dev")
NOTHING_TAUGHT = TaughtDimensions()
State = dict[str, torch.Tensor]


def write_codec(
    model: Any, config: dict[str, Any], folder: Path, taught: TaughtDimensions = NOTHING_TAUGHT
) -> None:
    """Write a codec folder, encoder and codebooks in float32, the decoder in float16."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {}
    for name, value in model.state_dict().items():
        if name.endswith(MOVING_AVERAGES):
            continue
        decides_codes = name.startswith("encoder.") or name.endswith(".embed")
        state[name] = value.cpu().contiguous().to(torch.float32 if decides_codes else torch.float16)
    encoder = {name: value for name, value in state.items() if name.startswith("encoder.")}
    save_file(encoder, folder / ENCODER)
    save_file({n: v for n, v in state.items() if n not in encoder}, folder / WEIGHTS)
    if taught:
        write_taught(taught, folder)
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def is_codec(folder: Path) -> bool:
    """Return whether a folder holds the files that ``write_codec`` writes."""
    return all((folder / name).is_file() for name in (CONFIG, WEIGHTS, ENCODER))


def write_taught(taught: TaughtDimensions, folder: Path) -> None:
    """Write the taught dimensions; the order of their names is in the file's metadata."""
    names = ",".join(taught.name for taught in taught.measures)
    save_file(taught.tensors(), folder / TAUGHT, {"taught": names})


def codec_folder(
    source: str | Path | None, revision: str | None = None, token: str | None = None
) -> Path:
    """Return the folder of the shipped codec (None), of a local one, or of a hub id's files.

    Raises
    ------
    BundleError
        As ``hub.find`` does.
    """
    source = assets.CODEC if source is None else source
    inner = "" if Path(source).is_dir() else HUB_FOLDERS.get(str(source), "")
    prefix = f"{inner}/" if inner else ""
    names = [CONFIG, TAUGHT, ENCODER, *WEIGHT_NAMES]
    return hub.find(source, [prefix + name for name in names], revision, token) / inner


def read_config(folder: Path) -> dict[str, Any]:
    """Read a codec's config; raises BundleError where it is none or not for 16 kHz."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if config["sample_rate"] != SAMPLE_RATE:
            raise BundleError(f"The codec in '{folder}' is not one for 16 kHz.")
        return dict(config)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"'{folder}' is not a codec: its {CONFIG} cannot be read.") from error


def read_state(folder: Path) -> State:
    """Read a codec's weights, ours or published ones; raises BundleError where there are none."""
    for name in WEIGHT_NAMES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            if path.suffix == ".safetensors":
                encoder = folder / ENCODER
                return load_file(path) | (load_file(encoder) if encoder.is_file() else {})
            return dict(torch.load(path, map_location="cpu", weights_only=True))
        except (SafetensorError, RuntimeError, OSError, ValueError) as error:
            raise BundleError(f"'{path.name}' in '{folder}' cannot be read.") from error
    raise BundleError(f"'{folder}' is not a codec: none of {', '.join(WEIGHT_NAMES)} is there.")


def read_taught(folder: Path) -> TaughtDimensions:
    """Read the taught dimensions of a codec; empty where its folder has no file of them.

    Raises
    ------
    BundleError
        When the file cannot be read.
    """
    path = folder / TAUGHT
    if not path.is_file():
        return NOTHING_TAUGHT
    try:
        with safe_open(path, "pt") as file:
            names = file.metadata()["taught"].split(",")
        return TaughtDimensions.from_tensors(names, load_file(path))
    except (SafetensorError, OSError, KeyError, TypeError) as error:
        raise BundleError(f"'{TAUGHT}' in '{folder}' does not say what was taught.") from error


def with_moving_averages(state: State, whole: State) -> State:
    """Return a state with the moving averages that ``write_codec`` leaves out of ``whole``."""
    missing = [name for name in whole if name.endswith(MOVING_AVERAGES) and name not in state]
    return state | {name: _refilled(name, whole[name], state) for name in missing}


def _refilled(name: str, value: torch.Tensor, state: State) -> torch.Tensor:
    if name.endswith("embed_avg"):
        return state.get(name.replace("embed_avg", "embed"), value)
    return torch.ones_like(value)
