"""Disk cache of features of frozen extractors.

The key is the audio content, the extractor and the code of both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiotok.audio import Samples
from audiotok.errors import DataError
from train.corpora.audio_parts import Part
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import SOUND_CODE, read_clip
from train.execution import processes
from train.execution.array_files import holds_array, read_array, write_array
from train.execution.file_digests import file_digest
from train.execution.source_code import code_digest

# What decides the features of a clip, beside the extractor.
HEARING_CODE = (*SOUND_CODE, "train.encoding.features")

Features = NDArray[np.float32]
Extractor = Callable[[Samples], Features]


class FeatureCache:
    """Reads or computes the features of clips.

    Parameters
    ----------
    folder : parent of the cache, which lies below ``name``.
    name : identifies the extractor with its settings and weights.
    extract : maps a waveform ``(n_samples,)``, mono, 16 kHz, to features of any shape.
    """

    def __init__(self, folder: Path, name: Any, extract: Extractor) -> None:
        made_by = [name, code_digest(*HEARING_CODE, extract.__module__)]
        content = json.dumps(made_by, sort_keys=True, default=str)
        self._folder = folder / hashlib.sha256(content.encode()).hexdigest()[:16]
        self._extract = extract

    def of(self, clips: Sequence[ClipVariant]) -> list[Features]:
        """Return the features of clips, in their order; references play no part.

        Raises
        ------
        AudioError
            When a clip cannot be read, or a record has none.
        DataError
            When features made by another process are not in this one's folder.
        """
        return list(self.each(clips))

    def each(self, clips: Sequence[ClipVariant]) -> Iterator[Features]:
        """Yield what ``of`` returns, one at a time; missing ones are computed first.

        Several processes share the computation, and must all pass the same clips.
        """
        paths = [self._path(clip) for clip in clips]
        by_path = dict(zip(paths, clips, strict=True))
        missing = processes.gather({path.name for path in by_path if not holds_array(path)})
        to_make = [path for path in by_path if path.name in set().union(*missing)]
        processes.share(to_make, lambda path: self._make(path, by_path[path]), "features")
        return map(_read, paths)

    def _path(self, clip: ClipVariant) -> Path:
        facts: list[object] = [*clip_digest(clip.audio)]
        if clip.change:
            facts += [clip.record.id, clip.change]
        return self._folder / f"{hashlib.sha256(json.dumps(facts).encode()).hexdigest()}.npy"

    def _make(self, path: Path, clip: ClipVariant) -> None:
        found = self._extract(clip.changed(read_clip(clip.audio)))
        write_array(path, found.astype(np.float16 if found.ndim > 1 else np.float32))


def clip_digest(clip: Sequence[Part]) -> list[tuple[str | float | bool | None, ...]]:
    """Return content digest, interval and channel of each part of a clip, without its path."""
    return [(file_digest(p.path), p.start_s, p.end_s, p.first_channel) for p in clip]


def _read(path: Path) -> Features:
    found = read_array(path)
    if found is None:
        raise DataError(
            f"The features in '{path}' were made and are gone; run it again, and give all "
            "machines the same folder 'work'."
        )
    return np.asarray(found, np.float32)
