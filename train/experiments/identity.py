"""Content digests of models' files, on which results depend beside code."""

from __future__ import annotations

import hashlib
from pathlib import Path

from train.execution.file_digests import file_digest

MODEL_FILES = {".json", ".safetensors", ".bin", ".txt", ".model"}  # weights, config, tokenizer


def model_digest(folder: Path) -> str:
    """Return a digest of a model's files, by name and content."""
    files = sorted(p for p in folder.iterdir() if p.suffix in MODEL_FILES and p.is_file())
    listed = "\n".join(f"{path.name} {file_digest(path)}" for path in files)
    return hashlib.sha256(listed.encode()).hexdigest()[:16]
