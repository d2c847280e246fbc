"""Which bundles and backbones ``reader.bert`` can run, and what it reads of a backbone's folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from audiotok.bundle import Bundle
from audiotok.bundle_weights import State

WEIGHTS = "model.safetensors"
PROJECTIONS = ("query", "key", "value")
LORA = re.compile(
    r"base_model\.model\.bert\.encoder\.layer\.(\d+)\.attention\.self\."
    rf"({'|'.join(PROJECTIONS)})\.lora_[AB]\.weight"
)
HEAD = "base_model.model.classifier."
ROWS = "base_model.model.bert.embeddings.word_embeddings.audio_rows.weight"
BESIDE_LORA = {HEAD + "weight", HEAD + "bias", ROWS}
# What peft can do to LoRA that is not read here.
VARIANTS = (
    "alora_invocation_tokens",
    "alpha_pattern",
    "arrow_config",
    "layer_replication",
    "rank_pattern",
    "use_bdlora",
    "use_dora",
    "use_qalora",
    "use_rslora",
)


def can_read(bundle: Bundle, folder: Path) -> bool:
    """Return whether ``BertReader`` can run a bundle on the backbone in a folder.

    The backbone must be a BERT encoder in one safetensors file, and the adapters LoRA on the
    queries, keys or values, without variants of it such as DoRA.
    """
    config = read_config(folder)
    is_bert = (
        config.get("model_type") == "bert"
        and config.get("hidden_act", "gelu") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder")
        and (folder / WEIGHTS).is_file()
    )
    adapters = [bundle.adapters[key] for key in bundle.keys]
    return is_bert and all(
        _is_standard_lora(each.config, each.state, config)
        and each.state.keys() == adapters[0].state.keys()
        for each in adapters
    )


def _is_standard_lora(adapter: dict[str, Any], state: State, config: dict[str, Any]) -> bool:
    if any(adapter.get(variant) for variant in VARIANTS) or not state.keys() >= BESIDE_LORA:
        return False
    places = [LORA.fullmatch(name) for name in state.keys() - BESIDE_LORA]
    return all(place and int(place[1]) < config["num_hidden_layers"] for place in places)


def read_config(folder: Path) -> dict[str, Any]:
    """Read a backbone's ``config.json``."""
    return dict(json.loads((folder / "config.json").read_text(encoding="utf-8")))


def read_weights(folder: Path) -> State:
    """Read the encoder's weights in float32, without the head they were saved with."""
    state = load_file(folder / WEIGHTS)
    return {
        name.removeprefix("bert."): value.float()
        for name, value in state.items()
        if name.removeprefix("bert.").startswith(("embeddings.", "encoder."))
    }
