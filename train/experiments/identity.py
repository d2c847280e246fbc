"""Content digests of clips and of models' files, on which results depend beside code."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from train.corpora.audio_parts import Part
from train.execution.file_digests import file_digest

MODEL_FILES = {".json", ".safetensors", ".bin", ".txt", ".model"}  # weights, config, tokenizer


def clip_digest(clip: Sequence[Part]) -> list[tuple[str | float | bool | None, ...]]:
    """Return content digest, interval and channel of each part of a clip, without its path."""
    return [(file_digest(p.path), p.start_s, p.end_s, p.first_channel) for p in clip]


def model_digest(folder: Path) -> str:
    """Return a digest of a model's files, by name and content."""
    files = sorted(p for p in folder.iterdir() if p.suffix in MODEL_FILES and p.is_file())
    listed = "\n".join(f"{path.name} {file_digest(path)}" for path in files)
    return hashlib.sha256(listed.encode()).hexdigest()[:16]
