"""BERT encoders with LoRA on queries, keys and values: all seeds of a twin in one forward pass.

BERT (Devlin et al., NAACL 2019) and LoRA (Hu et al., ICLR 2022) are written out on torch because
importing transformers' own takes as long again as torch itself, and peft, which reads the seeds one
by one, as long as both. A test compares logits and attention with ``reader.any_backbone``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from audiotok.backbone import require_width
from audiotok.bundle import TWINS, Bundle, Twin
from audiotok.errors import BundleError
from audiotok.reader.bert_files import HEAD, LORA, PROJECTIONS, ROWS, read_config, read_weights
from audiotok.reader.blocking import allowed_attention
from audiotok.reader.prefixes import alike_up_to, first_of_each
from audiotok.sequence import Block, pad_rows

Tensor = torch.Tensor
Ids = NDArray[np.int64]

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

    def chosen(self, places: Sequence[int]) -> Seeds:
        """Return the adapters of some seeds only."""
        kept = list(places)
        return Seeds(
            self.rows[kept],
            tuple(
                {name: (down[kept], up[kept]) for name, (down, up) in layer.items()}
                for layer in self.lora
            ),
            (self.head[0][kept], self.head[1][kept]),
        )


class BertReader:
    """A BERT encoder with the adapters of a bundle; its head reads the mean of all positions.

    Attributes
    ----------
    device : where it computes.
    first_row : id of the first embedding row of the bundle.
    longest : maximum number of positions.
    n_layers : number of the backbone's layers.

    Raises
    ------
    BundleError
        When the rows or adapters do not fit the backbone or each other.
    """

    reads_last_position = False  # the head reads the mean of all states

    def __init__(self, bundle: Bundle, folder: Path, device: torch.device) -> None:
        config = read_config(folder)
        self.device = device
        self.longest = int(config["max_position_embeddings"])
        self.n_layers = int(config["num_hidden_layers"])
        self._n_heads = int(config["num_attention_heads"])
        self._epsilon = float(config.get("layer_norm_eps", 1e-12))
        self._weights = {name: value.to(device) for name, value in read_weights(folder).items()}
        self._embeddings = self._weights["embeddings.word_embeddings.weight"]
        self.first_row, width = self._embeddings.shape
        require_width(bundle.rows, width)
        try:
            self._seeds = {twin: self._stack(bundle, twin) for twin in TWINS}
        except RuntimeError as error:
            raise BundleError("The adapters do not fit the backbone or each other.") from error
        for layer in range(self.n_layers):
            self._join_queries_and_keys(layer)
        self._kept: tuple[bytes, list[Tensor]] | None = None
        self._lock = threading.Lock()

    @property
    def dimension(self) -> int:
        """Dimension of the hidden states."""
        return int(self._embeddings.shape[1])

    @property
    def word_embeddings(self) -> Tensor:
        """Embeddings of the backbone's own word pieces, shape ``(n_pieces, dimension)``."""
        return self._embeddings

    def logits(
        self,
        sequences: Sequence[Ids],
        twin: Twin,
        *,
        keep: bool = False,
        blocks: Sequence[Sequence[Block]] = (),
        seeds: Sequence[int] | None = None,
    ) -> Tensor:
        """Return logits of shape ``(n_seeds, n_sequences, n_labels)``.

        Parameters
        ----------
        sequences : ids, each of shape ``(n_positions,)``.
        keep : whether to store queries and keys of the first sequence, for ``attentions``, until
            the next pass that stores some; not with ``blocks`` or ``seeds``.
        blocks : attention that is cut in each sequence; none where it is empty.
        seeds : places of the seeds that read; None takes all.
        """
        adapters = self._seeds[twin] if seeds is None else self._seeds[twin].chosen(seeds)
        ids, mask = self._padded(sequences)
        shape = (self.n_layers, len(adapters.rows), len(sequences[0]), 2 * self.dimension)
        keep = keep and 4 * int(np.prod(shape)) <= KEPT_BYTES
        with self._lock, torch.inference_mode():
            n_kept = len(sequences[0]) if keep else 0
            states, kept = self._read(ids, mask, adapters, n_kept, blocks if any(blocks) else ())
            if keep:
                self._kept = (_key(sequences[0], twin), kept)
            weight, bias = adapters.head
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
        self,
        ids: Tensor,
        mask: Tensor | None,
        seeds: Seeds,
        n_kept: int,
        blocks: Sequence[Sequence[Block]] = (),
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the last hidden states, and each layer's queries and keys of the first sequence.

        The states have shape ``(n_seeds, n_sequences, n_positions, dimension)``, queries and keys
        of each layer ``(n_seeds, n_kept, 2 * dimension)``; there are none where ``n_kept`` is 0.
        Sequences whose attention is cut from some layer on go through those before as one.
        """
        n_seeds, n_positions = len(seeds.rows), ids.shape[1]
        every = np.arange(len(ids))
        alike = (every,) * (self.n_layers + 1)
        if blocks:
            alike = alike_up_to(ids.cpu().numpy(), blocks, self.n_layers)
        read = first_of_each(alike[0])
        states = self._embedded(ids[read], seeds.rows)
        kept = []
        for layer, lora in enumerate(seeds.lora):
            before, read = alike[layer], first_of_each(alike[layer + 1])
            if len(read) > states.shape[1]:
                states = states[:, before[read]]
            n_read = len(read)
            states = states.view(n_seeds, -1, self.dimension)
            queries_and_keys, values = self._project(states, layer, lora)
            rows = (n_seeds * n_read, n_positions, -1)
            query, key = map(self._by_head, queries_and_keys.view(rows).chunk(2, dim=-1))
            if n_kept:
                of_first = queries_and_keys[:, :n_kept]
                kept.append(of_first.clone() if n_read > 1 else of_first)
            if blocks or not layer:
                cut = [blocks[place] for place in read] if blocks else ()
                padding = None if mask is None else mask[read]
                allowed = _allowed(ids[read], padding, cut, layer + 1, n_seeds)
            attended = functional.scaled_dot_product_attention(
                query,
                key,
                self._by_head(values.view(rows)),
                attn_mask=allowed,
            )
            attended = attended.transpose(1, 2).reshape(-1, self.dimension)
            states = self._after_attention(states.view(-1, self.dimension), attended, layer)
            states = states.view(n_seeds, n_read, n_positions, -1)
        # An index copies, so only where some went as one to the end.
        return states if len(read) == len(ids) else states[:, alike[-1]], kept

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
                for layer in range(self.n_layers)
            ),
            head=(stacked(HEAD + "weight").transpose(1, 2), stacked(HEAD + "bias")[:, None]),
        )


def _allowed(
    ids: Tensor,
    mask: Tensor | None,
    blocks: Sequence[Sequence[Block]],
    layer: int,
    n_seeds: int,
) -> Tensor | None:
    """Return which keys each query of a layer sees, ``(n_seeds * n_sequences, 1, n, n)``."""
    if not blocks and mask is None:
        return None
    seen = torch.ones_like(ids) if mask is None else mask
    allowed = allowed_attention(seen, blocks or [()] * len(ids), layer, causal=False)
    return allowed.repeat(n_seeds, 1, 1, 1)


def _mean(states: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean over the positions that are not padding."""
    if mask is None:
        return states.mean(dim=2)
    counted = mask[None, ..., None].to(states.dtype)
    return (states * counted).sum(dim=2) / counted.sum(dim=2)


def _key(ids: Ids, twin: Twin) -> bytes:
    return twin.encode() + ids.tobytes()
