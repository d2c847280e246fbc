"""What a result depends on beside code and settings: the contents of clips and of models' files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from train.corpora.audio_parts import Part
from train.execution.file_digests import file_digest

MODEL_FILES = {".json", ".safetensors", ".bin", ".txt", ".model"}  # weights, config, tokenizer


def clip_digest(clip: Sequence[Part]) -> list[tuple[str | float | bool | None, ...]]:
    """Say what a clip sounds like wherever it lies: contents, intervals, channel, part by part."""
    return [(file_digest(p.path), p.start_s, p.end_s, p.first_channel) for p in clip]


def model_digest(folder: Path) -> str:
    """Digest the files of a model by name and content."""
    files = sorted(p for p in folder.iterdir() if p.suffix in MODEL_FILES and p.is_file())
    listed = "\n".join(f"{path.name} {file_digest(path)}" for path in files)
    return hashlib.sha256(listed.encode()).hexdigest()[:16]
