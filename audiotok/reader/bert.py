"""BERT encoders with LoRA on queries, keys and values: all seeds of a twin in one forward pass.

BERT (Devlin et al., NAACL 2019) and LoRA (Hu et al., ICLR 2022) are written out on torch because
importing transformers' own takes as long again as torch itself, and peft, which reads the seeds one
by one, as long as both. A test compares logits and attention with ``reader.any_backbone``.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch.nn import functional

from audiotok.backbone import require_width
from audiotok.bundle import TWINS, Bundle, State, Twin
from audiotok.errors import BundleError
from audiotok.sequence import pad_rows

Tensor = torch.Tensor
Ids = NDArray[np.int64]

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
CHUNK = 512  # positions a step of the feed-forward part, whose inner states stay in the cache
KEPT_BYTES = 64 * 2**20  # more is computed again where attention is asked for


@dataclass(frozen=True)
class Seeds:
    """A twin's adapters, stacked over seeds.

    Attributes
    ----------
    rows : embeddings of markers and audio tokens, shape ``(n_seeds, n_rows, dimension)``.
    lora : for each layer, by the name of the projection, ``(down, up)`` of shape
        ``(n_seeds, dimension, rank)`` and ``(n_seeds, rank, dimension)``.
    head : weight, shape ``(n_seeds, dimension, n_labels)``, and bias, ``(n_seeds, 1, n_labels)``.
    """

    rows: Tensor
    lora: tuple[dict[str, tuple[Tensor, Tensor]], ...]
    head: tuple[Tensor, Tensor]


class BertReader:
    """A BERT encoder with the adapters of a bundle; its head reads the mean of all positions.

    Attributes
    ----------
    device : where it computes.
    first_row : id of the first embedding row of the bundle.
    longest : maximum number of positions.

    Raises
    ------
    BundleError
        When the rows or adapters do not fit the backbone or each other.
    """

    reads_last_position = False  # the head reads the mean of all states

    def __init__(self, bundle: Bundle, folder: Path, device: torch.device) -> None:
        config = _config(folder)
        self.device = device
        self.longest = int(config["max_position_embeddings"])
        self._n_layers = int(config["num_hidden_layers"])
        self._n_heads = int(config["num_attention_heads"])
        self._epsilon = float(config.get("layer_norm_eps", 1e-12))
        self._weights = {name: value.to(device) for name, value in _weights(folder).items()}
        self._embeddings = self._weights["embeddings.word_embeddings.weight"]
        self.first_row, width = self._embeddings.shape
        require_width(bundle.rows, width)
        try:
            self._seeds = {twin: self._stack(bundle, twin) for twin in TWINS}
        except RuntimeError as error:
            raise BundleError("The adapters do not fit the backbone or each other.") from error
        for layer in range(self._n_layers):
            self._join_queries_and_keys(layer)
        self._kept: tuple[bytes, list[Tensor]] | None = None
        self._lock = threading.Lock()

    @property
    def dimension(self) -> int:
        """Dimension of the hidden states."""
        return int(self._embeddings.shape[1])

    def logits(self, sequences: Sequence[Ids], twin: Twin, *, keep: bool = False) -> Tensor:
        """Return logits of shape ``(n_seeds, n_sequences, n_labels)``.

        Parameters
        ----------
        sequences : ids, each of shape ``(n_positions,)``.
        keep : whether to store queries and keys of the first sequence, for ``attentions``, until
            the next pass that stores some.
        """
        seeds = self._seeds[twin]
        ids, mask = self._padded(sequences)
        shape = (self._n_layers, len(seeds.rows), len(sequences[0]), 2 * self.dimension)
        keep = keep and 4 * int(np.prod(shape)) <= KEPT_BYTES
        with self._lock, torch.inference_mode():
            states, kept = self._read(ids, mask, seeds, len(sequences[0]) if keep else 0)
            if keep:
                self._kept = (_key(sequences[0], twin), kept)
            weight, bias = seeds.head
            return torch.baddbmm(bias, _mean(states, mask), weight)

    def attentions(self, sequence: Ids, twin: Twin) -> NDArray[np.float32]:
        """Return attention weights averaged over seeds.

        Returns
        -------
        Shape ``(n_backbone_layers, n_heads, n_positions, n_positions)``: queries, keys.
        """
        with self._lock, torch.inference_mode():
            kept = self._kept
            if kept is not None and kept[0] == _key(sequence, twin):
                layers: Sequence[Tensor] = kept[1]
            else:
                ids, mask = self._padded([sequence])
                _, layers = self._read(ids, mask, self._seeds[twin], len(sequence))
            found = torch.stack([self._mean_attention(each) for each in layers])
            return np.asarray(found.cpu().numpy())

    def _padded(self, sequences: Sequence[Ids]) -> tuple[Tensor, Tensor | None]:
        """Return ids and mask, shape ``(n_sequences, n_positions)``; None where none is padded."""
        ids, mask = pad_rows(sequences, 0)
        places = torch.from_numpy(mask).to(self.device) if not mask.all() else None
        return torch.from_numpy(ids).to(self.device), places

    def _mean_attention(self, queries_and_keys: Tensor) -> Tensor:
        """Return the attention weights of one layer averaged over seeds, computed one by one.

        Queries and keys have shape ``(n_seeds, n_positions, 2 * dimension)``.
        """
        n_seeds, n_positions, _ = queries_and_keys.shape
        total = queries_and_keys.new_zeros(self._n_heads, n_positions, n_positions)
        for of_seed in queries_and_keys:
            query, key = map(self._by_head, of_seed[None].chunk(2, dim=-1))
            scaled = query[0] * query.shape[-1] ** -0.5
            total += (scaled @ key[0].transpose(1, 2)).softmax(dim=-1)
        return total.div_(n_seeds)

    def _read(
        self, ids: Tensor, mask: Tensor | None, seeds: Seeds, n_kept: int
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the last hidden states, and each layer's queries and keys of the first sequence.

        The states have shape ``(n_seeds, n_sequences, n_positions, dimension)``, queries and keys
        of each layer ``(n_seeds, n_kept, 2 * dimension)``; there are none where ``n_kept`` is 0.
        """
        n_seeds, (n_sequences, n_positions) = len(seeds.rows), ids.shape
        allowed = None
        if mask is not None:
            allowed = mask.bool()[None, :, None, None].expand(n_seeds, -1, -1, n_positions, -1)
            allowed = allowed.flatten(0, 1)
        states = self._embedded(ids, seeds.rows).view(n_seeds, -1, self.dimension)
        kept = []
        for layer, lora in enumerate(seeds.lora):
            queries_and_keys, values = self._project(states, layer, lora)
            rows = (n_seeds * n_sequences, n_positions, -1)
            query, key = map(self._by_head, queries_and_keys.view(rows).chunk(2, dim=-1))
            if n_kept:
                of_first = queries_and_keys[:, :n_kept]
                kept.append(of_first.clone() if n_sequences > 1 else of_first)
            attended = functional.scaled_dot_product_attention(
                query, key, self._by_head(values.view(rows)), attn_mask=allowed
            )
            attended = attended.transpose(1, 2).reshape(-1, self.dimension)
            states = self._after_attention(states.view(-1, self.dimension), attended, layer)
            states = states.view(n_seeds, -1, self.dimension)
        return states.view(n_seeds, n_sequences, n_positions, -1), kept

    def _embedded(self, ids: Tensor, rows: Tensor) -> Tensor:
        """Return the embeddings of ids, ``(n_sequences, n_positions)``, with each seed's rows."""
        is_row = ids >= self.first_row
        own = rows[:, (ids - self.first_row).clamp(min=0)]
        words = self._embeddings[ids.masked_fill(is_row, 0)]
        states = torch.where(is_row[None, ..., None], own, words[None])
        states += self._weights["embeddings.token_type_embeddings.weight"][0]
        states += self._weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        return self._normalised(states, "embeddings.LayerNorm")

    def _project(
        self, states: Tensor, layer: int, lora: dict[str, tuple[Tensor, Tensor]]
    ) -> tuple[Tensor, Tensor]:
        """Return queries beside keys, and values, of states ``(n_seeds, n, dimension)``."""
        prefix = f"encoder.layer.{layer}.attention.self."
        queries_and_keys = self._linear(states, prefix + "query_key")
        values = self._linear(states, prefix + "value")
        query, key = queries_and_keys.chunk(2, dim=-1)
        for name, projected in zip(PROJECTIONS, (query, key, values), strict=True):
            if name in lora:
                down, up = lora[name]
                projected.baddbmm_(states @ down, up)
        return queries_and_keys, values

    def _after_attention(self, states: Tensor, attended: Tensor, layer: int) -> Tensor:
        """Return the layer's output states, shape ``(n, dimension)``, computed in chunks."""
        prefix = f"encoder.layer.{layer}."
        found = torch.empty_like(states)
        for first in range(0, len(states), CHUNK):
            chunk = slice(first, first + CHUNK)
            added = self._linear(attended[chunk], prefix + "attention.output.dense") + states[chunk]
            added = self._normalised(added, prefix + "attention.output.LayerNorm")
            inner = functional.gelu(self._linear(added, prefix + "intermediate.dense"))
            outer = self._linear(inner, prefix + "output.dense") + added
            found[chunk] = self._normalised(outer, prefix + "output.LayerNorm")
        return found

    def _by_head(self, states: Tensor) -> Tensor:
        return states.unflatten(-1, (self._n_heads, -1)).transpose(1, 2)

    def _linear(self, states: Tensor, name: str) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.linear(states, weight, bias)

    def _normalised(self, states: Tensor, name: str) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(states, weight.shape, weight, bias, self._epsilon)

    def _join_queries_and_keys(self, layer: int) -> None:
        prefix = f"encoder.layer.{layer}.attention.self."
        for part in ("weight", "bias"):
            query, key = (self._weights.pop(f"{prefix}{name}.{part}") for name in ("query", "key"))
            self._weights[f"{prefix}query_key.{part}"] = torch.cat([query, key])

    def _stack(self, bundle: Bundle, twin: Twin) -> Seeds:
        adapters = [bundle.adapters[twin, seed] for seed in bundle.config.seeds]
        scales = [each.config["lora_alpha"] / each.config["r"] for each in adapters]

        def stacked(name: str) -> Tensor:
            return torch.stack([each.state[name] for each in adapters]).to(self.device)

        def lora(layer: int, name: str) -> tuple[Tensor, Tensor]:
            prefix = f"base_model.model.bert.encoder.layer.{layer}.attention.self.{name}.lora_"
            down, up = (stacked(f"{prefix}{part}.weight").transpose(1, 2) for part in "AB")
            scale = torch.tensor(scales, device=self.device)[:, None, None]
            return down.contiguous(), (up * scale).contiguous()

        found = {match.groups() for name in adapters[0].state if (match := LORA.fullmatch(name))}
        rows = stacked(ROWS)
        if rows.shape[1:] != bundle.rows.shape:
            raise BundleError("The rows of the adapters do not fit those of the bundle.")
        return Seeds(
            rows=rows,
            lora=tuple(
                {name: lora(layer, name) for name in PROJECTIONS if (str(layer), name) in found}
                for layer in range(self._n_layers)
            ),
            head=(stacked(HEAD + "weight").transpose(1, 2), stacked(HEAD + "bias")[:, None]),
        )


def can_read(bundle: Bundle, folder: Path) -> bool:
    """Return whether ``BertReader`` can run a bundle on the backbone in a folder.

    The backbone must be a BERT encoder in one safetensors file, and the adapters LoRA on the
    queries, keys or values, without variants of it such as DoRA.
    """
    config = _config(folder)
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


def _config(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "config.json").read_text(encoding="utf-8")))


def _weights(folder: Path) -> State:
    """Read the encoder's weights in float32, without the head they were saved with."""
    state = load_file(folder / WEIGHTS)
    return {
        name.removeprefix("bert."): value.float()
        for name, value in state.items()
        if name.removeprefix("bert.").startswith(("embeddings.", "encoder."))
    }


def _mean(states: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean over the positions that are not padding."""
    if mask is None:
        return states.mean(dim=2)
    counted = mask[None, ..., None].to(states.dtype)
    return (states * counted).sum(dim=2) / counted.sum(dim=2)


def _key(ids: Ids, twin: Twin) -> bytes:
    return twin.encode() + ids.tobytes()
