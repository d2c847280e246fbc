"""A tokenizer that needs only the ``tokenizers`` package.

Importing that of transformers takes a third of the time of importing torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer


class PlainTokenizer:
    """The part of transformers' tokenizer interface that ``SequenceBuilder`` calls.

    Parameters
    ----------
    folder : holds ``tokenizer.json``.
    """

    def __init__(self, folder: Path) -> None:
        self._inner = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._inner.no_padding()
        self._inner.no_truncation()

    def __call__(
        self, text: str, *, add_special_tokens: bool = True, **_: object
    ) -> dict[str, list[Any]]:
        """Return ``input_ids`` and ``offset_mapping``, characters ``[first, last)``, of a text."""
        found = self._inner.encode(text, add_special_tokens=add_special_tokens)
        return {"input_ids": found.ids, "offset_mapping": found.offsets}

    @property
    def mask_token_id(self) -> int | None:
        """Id of the token that stands for a hidden one, in the files that this class reads."""
        found: int | None = self._inner.token_to_id("[MASK]")
        return found

    def convert_ids_to_tokens(self, ids: Sequence[int]) -> list[str]:
        """Return the word piece of each id."""
        return [self._inner.id_to_token(id_) or "" for id_ in ids]
