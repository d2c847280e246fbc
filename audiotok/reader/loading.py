"""Choose and load the reader and the tokenizer of a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from audiotok import backbone
from audiotok.bundle import Bundle, Twin
from audiotok.reader import bert, bert_files
from audiotok.sequence import Block

if TYPE_CHECKING:
    from audiotok.sequence import Tokenizer


class Reader(Protocol):
    """A backbone with the adapters of a bundle.

    Attributes
    ----------
    first_row : id of the first embedding row of the bundle.
    longest : maximum number of positions.
    n_layers : number of the backbone's layers.
    reads_last_position : whether the head reads the last position, or the mean of all.
    """

    first_row: int
    longest: int
    n_layers: int
    reads_last_position: bool

    @property
    def device(self) -> torch.device:
        """Device of the weights."""

    @property
    def word_embeddings(self) -> torch.Tensor:
        """Embeddings of the backbone's own word pieces, shape ``(n_pieces, dimension)``."""

    def logits(
        self,
        sequences: Sequence[NDArray[np.int64]],
        twin: Twin,
        *,
        keep: bool = False,
        blocks: Sequence[Sequence[Block]] = (),
        seeds: Sequence[int] | None = None,
    ) -> torch.Tensor:
        """Return logits of shape ``(n_seeds, n_sequences, n_labels)``.

        Parameters
        ----------
        keep : announces that ``attentions`` of the first sequence may follow.
        blocks : attention that is cut in each sequence; none where it is empty.
        seeds : places of the seeds that read, in the bundle's order; None takes all.
        """

    def attentions(self, sequence: NDArray[np.int64], twin: Twin) -> NDArray[np.float32]:
        """Return attention averaged over seeds: ``(n_backbone_layers, n_heads, query, key)``."""


def load_reader(
    bundle: Bundle, device: torch.device, token: str | None = None
) -> tuple[Reader, Tokenizer]:
    """Load the backbone of a bundle with its adapters, and its tokenizer.

    Parameters
    ----------
    token : access token of the hub, for a backbone that is private or gated.

    Raises
    ------
    BundleError
        When the backbone cannot be found or downloaded, or the adapters do not fit it.
    """
    hub_id = bundle.config.backbone
    folder = backbone.find_backbone(hub_id, token)
    if not bert_files.can_read(bundle, folder):
        from audiotok.reader.any_backbone import PeftReader

        tokenizer: Any = backbone.load_tokenizer(str(folder))
        return PeftReader(bundle, folder, tokenizer, device), tokenizer
    return bert.BertReader(bundle, folder, device), _tokenizer(hub_id, folder)


def _tokenizer(hub_id: str, folder: Path) -> Tokenizer:
    """Load the tokenizer, with transformers unless its ``tokenizer.json`` is known to suffice."""
    if hub_id not in backbone.SHA256:
        return backbone.load_tokenizer(str(folder))
    from audiotok.reader.plain_tokenizer import PlainTokenizer

    return PlainTokenizer(folder)
