"""What a result depends on beside code and settings: the contents of clips and of models' files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from train.corpora.audio_parts import Part

MODEL_FILES = {".json", ".safetensors", ".bin", ".txt", ".model"}  # weights, config, tokenizer


def file_digest(path: Path) -> str:
    """Digest a file's content; OSError where there is none.

    It is read again only where size or one of the times says that it may have changed, of which
    the time of the last change of its entry cannot be set by hand.
    """
    status = path.stat()
    return _content(path.resolve(), status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@cache
def _content(path: Path, *times_and_size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clip_digest(clip: Sequence[Part]) -> list[tuple[str | float | bool | None, ...]]:
    """Say what a clip sounds like wherever it lies: contents, intervals, channel, part by part."""
    return [(file_digest(p.path), p.start_s, p.end_s, p.first_channel) for p in clip]


def model_digest(folder: Path) -> str:
    """Digest the files of a model by name and content."""
    files = sorted(p for p in folder.iterdir() if p.suffix in MODEL_FILES and p.is_file())
    listed = "\n".join(f"{path.name} {file_digest(path)}" for path in files)
    return hashlib.sha256(listed.encode()).hexdigest()[:16]
