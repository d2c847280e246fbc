"""Reader of any backbone that transformers loads, with adapters by peft."""

from __future__ import annotations

import inspect
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from audiotok import backbone
from audiotok.bundle import Bundle, Twin
from audiotok.errors import BundleError
from audiotok.reader.blocking import allowed_attention
from audiotok.sequence import Block, pad_rows

Ids = NDArray[np.int64]


class PeftReader:
    """A transformers sequence classifier with the adapters of a bundle.

    Attributes
    ----------
    model : peft model with the adapters of both twins and all seeds.
    first_row : id of the first embedding row of the bundle.
    longest : maximum number of positions.
    n_layers : number of the backbone's layers.
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
        self.n_layers = int(base.config.num_hidden_layers)
        self.reads_last_position = backbone.reads_last_position(base)
        self.model = _with_adapters(base, bundle).eval().requires_grad_(False).to(device)
        self._pad_id = tokenizer.pad_token_id
        self._seeds = config.seeds
        self._lock = threading.Lock()

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return torch.device(self.model.device)

    @property
    def word_embeddings(self) -> torch.Tensor:
        """Embeddings of the backbone's own word pieces, shape ``(n_pieces, dimension)``."""
        weight: torch.Tensor = self.model.get_base_model().get_input_embeddings().weight
        return weight.detach()

    def logits(
        self,
        sequences: Sequence[Ids],
        twin: Twin,
        *,
        keep: bool = False,
        blocks: Sequence[Sequence[Block]] = (),
        seeds: Sequence[int] | None = None,
    ) -> torch.Tensor:
        """Return logits of shape ``(n_seeds, n_sequences, n_labels)``; ``keep`` has no effect.

        Raises
        ------
        AudiotokError
            When there are ``blocks`` and attention cannot be cut in this backbone.
        """
        chosen = self._seeds if seeds is None else [self._seeds[place] for place in seeds]
        rows = [(ids, _adapter_name(twin, seed)) for seed in chosen for ids in sequences]
        cut = list(blocks) * len(chosen) if any(blocks) else []
        logits: torch.Tensor = self._forward(rows, blocks=cut).logits
        return logits.reshape(len(chosen), len(sequences), -1)

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

    def _forward(
        self,
        rows: list[tuple[Ids, str]],
        attentions: bool = False,
        blocks: Sequence[Sequence[Block]] = (),
    ) -> Any:
        """Run one forward pass over sequences of ids, each with the adapter named beside it."""
        ids, mask = pad_rows([ids for ids, _ in rows], self._pad_id)
        seen = torch.from_numpy(mask).to(self.device)
        with self._lock, torch.inference_mode(), self._cutting(seen, blocks):
            # Fused attention returns no weights, so a pass that does uses the eager one.
            self.model.set_attn_implementation("eager" if attentions else "sdpa")
            return self.model(
                input_ids=torch.from_numpy(ids).to(self.device),
                attention_mask=seen,
                adapter_names=[name for _, name in rows],
                output_attentions=attentions,
            )

    @contextmanager
    def _cutting(self, seen: torch.Tensor, blocks: Sequence[Sequence[Block]]) -> Iterator[None]:
        """Give each layer a mask of its own while a forward pass runs; nothing without blocks."""
        hooks = []
        if blocks:
            base = self.model.get_base_model()
            for number, layer in enumerate(backbone.layers_of(base), start=1):
                allowed = allowed_attention(seen, blocks, number, causal=self.reads_last_position)
                hooks.append(layer.register_forward_pre_hook(_with_mask(allowed), with_kwargs=True))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


def _with_mask(allowed: torch.Tensor) -> Any:
    """Return a hook that lets a layer see by ``allowed`` instead of the model's own mask."""

    def replace_mask(module: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        place = list(inspect.signature(module.forward).parameters).index("attention_mask")
        if place < len(args):
            return (*args[:place], allowed, *args[place + 1 :]), options
        return args, options | {"attention_mask": allowed}

    return replace_mask


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
