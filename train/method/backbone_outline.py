"""Checks of a backbone from its config and file heads alone, before its weights are loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open

from audiotok import backbone
from audiotok.errors import BundleError
from audiotok.sequence import N_MARKERS
from train.execution.file_digests import file_digest
from train.execution.stages import digest
from train.settings.steps import FinetuneConfig

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Outline:
    """A sequence classifier on torch's ``meta`` device: shapes without weights.

    Attributes
    ----------
    n_rows : rows of the embedding matrix.
    longest : maximum sequence length, in positions.
    """

    model: Any
    tokenizer: PreTrainedTokenizerBase
    n_rows: int
    longest: int


def outline(hub_id: str, n_labels: int) -> Outline:
    """Build a backbone's classifier on the ``meta`` device; no weights are read."""
    from transformers import AutoConfig, AutoModelForSequenceClassification

    folder = backbone.find_backbone(hub_id)
    tokenizer = backbone.load_tokenizer(hub_id)
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        config.num_labels = n_labels
        with torch.device("meta"):
            model = AutoModelForSequenceClassification.from_config(config, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise BundleError(
            f"The backbone {hub_id} is no text model that can classify ({_first_line(error)})."
        ) from error
    longest = backbone.longest_sequence(model, tokenizer)
    return Outline(model, tokenizer, backbone.n_rows(model), longest)


def check_adapters(hub_id: str, n_labels: int, settings: FinetuneConfig) -> None:
    """Raise where the LoRA target modules of these settings match nothing in a backbone."""
    from train.method.finetuning import lora_model

    model = outline(hub_id, n_labels).model
    width = model.get_input_embeddings().weight.shape[1]
    backbone.add_rows(model, torch.empty(N_MARKERS, width, device="meta"))
    try:
        with torch.device("meta"):
            lora_model(model, settings)
    except ValueError as error:
        raise BundleError(
            f"LoRA cannot adapt the backbone {hub_id} as 'finetune' says ({_first_line(error)})."
        ) from error


def check_weights(hub_id: str) -> None:
    """Raise where a file of a backbone's weights is missing or cut short."""
    folder = backbone.find_backbone(hub_id)
    index = folder / "model.safetensors.index.json"
    names = {"model.safetensors"}
    if index.is_file():
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    for name in sorted(names):
        try:
            with safe_open(folder / name, "pt"):
                pass
        except (SafetensorError, OSError) as error:
            raise BundleError(
                f"The backbone {hub_id} lacks its file '{name}' in '{folder}', or it is cut short; "
                "get it again."
            ) from error


def backbone_digest(hub_id: str) -> str:
    """Digest the contents of a backbone's files, so that changed weights are noticed."""
    folder = backbone.find_backbone(hub_id)
    files = sorted(path for pattern in backbone.FILES for path in Path(folder).glob(pattern))
    return digest([[path.name, file_digest(path)] for path in files])


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else "no reason"
