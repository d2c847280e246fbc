"""Reader of any backbone that transformers loads, with adapters by peft."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from audiotok import backbone
from audiotok.bundle import Bundle, Twin
from audiotok.errors import BundleError
from audiotok.sequence import pad_rows

Ids = NDArray[np.int64]


class PeftReader:
    """A transformers sequence classifier with the adapters of a bundle.

    Attributes
    ----------
    model : peft model with the adapters of both twins and all seeds.
    first_row : id of the first embedding row of the bundle.
    longest : maximum number of positions.
    reads_last_position : whether the head reads the last position, or the mean of all.

    Raises
    ------
    BundleError
        When the rows or adapters do not fit the backbone.
    """

    def __init__(self, bundle: Bundle, folder: Path, tokenizer: Any, device: torch.device) -> None:
        config = bundle.config
        base = backbone.load_classifier(str(folder), len(config.labels), tokenizer)
        self.longest = backbone.longest_sequence(base, tokenizer)
        self.first_row = backbone.add_rows(base, bundle.rows)
        self.reads_last_position = backbone.reads_last_position(base)
        self.model = _with_adapters(base, bundle).eval().requires_grad_(False).to(device)
        self._pad_id = tokenizer.pad_token_id
        self._seeds = config.seeds
        self._lock = threading.Lock()

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return torch.device(self.model.device)

    def logits(self, sequences: Sequence[Ids], twin: Twin, *, keep: bool = False) -> torch.Tensor:
        """Return logits of shape ``(n_seeds, n_sequences, n_labels)``; ``keep`` has no effect."""
        rows = [(ids, _adapter_name(twin, seed)) for seed in self._seeds for ids in sequences]
        logits: torch.Tensor = self._forward(rows).logits
        return logits.reshape(len(self._seeds), len(sequences), -1)

    def attentions(self, sequence: Ids, twin: Twin) -> NDArray[np.float32]:
        """Return attention weights averaged over seeds.

        Returns
        -------
        Shape ``(n_backbone_layers, n_heads, n_positions, n_positions)``: queries, keys.
        """
        total: Any = 0.0
        for seed in self._seeds:  # one at a time: a long sequence's attention is large
            output = self._forward([(sequence, _adapter_name(twin, seed))], attentions=True)
            total = total + torch.stack([layer[0] for layer in output.attentions]).cpu()
        return np.asarray((total / len(self._seeds)).float().numpy())

    def _forward(self, rows: list[tuple[Ids, str]], attentions: bool = False) -> Any:
        """Run one forward pass over sequences of ids, each with the adapter named beside it."""
        ids, mask = pad_rows([ids for ids, _ in rows], self._pad_id)
        with self._lock, torch.inference_mode():
            # Fused attention returns no weights, so a pass that does uses the eager one.
            self.model.set_attn_implementation("eager" if attentions else "sdpa")
            return self.model(
                input_ids=torch.from_numpy(ids).to(self.device),
                attention_mask=torch.from_numpy(mask).to(self.device),
                adapter_names=[name for _, name in rows],
                output_attentions=attentions,
            )


def _adapter_name(twin: Twin, seed: int) -> str:
    return f"{twin}_{seed}"


def _with_adapters(base: Any, bundle: Bundle) -> Any:
    from peft import LoraConfig, PeftModel, set_peft_model_state_dict

    # peft asks transformers by a name that is going out of use.
    warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
    model: Any = None
    for key in bundle.keys:
        adapter, name = bundle.adapters[key], _adapter_name(*key)
        try:
            config = LoraConfig.from_peft_type(**adapter.config)
            if model is None:
                model = PeftModel(base, config, adapter_name=name)
            else:
                model.add_adapter(name, config)
            unfit: Any = set_peft_model_state_dict(model, adapter.state, adapter_name=name)
        except (RuntimeError, TypeError, ValueError) as error:
            raise BundleError(f"The adapter {name} does not fit the backbone.") from error
        if unfit.unexpected_keys:
            raise BundleError(f"The adapter {name} has weights that the backbone lacks.")
    return model
