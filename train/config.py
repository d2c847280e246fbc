"""YAML configs, checked: a wrong key or type is one sentence, not a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from audiotok.errors import DataError


class CorpusConfig(BaseModel):
    """One corpus: which reader, where below ``data_dir``, which speakers validate and test."""

    model_config = ConfigDict(extra="forbid")

    reader: str
    root: Path
    splits: dict[str, list[str]] = {}


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file whose top level is a mapping."""
    if not path.is_file():
        raise DataError(f"There is no config at '{path}'.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise DataError(f"'{path}' is not valid YAML: {error}.") from error
    if not isinstance(content, dict):
        raise DataError(f"'{path}' must be a mapping of settings.")
    return content
