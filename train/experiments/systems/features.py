"""Arrays that frozen extractors make of clips, kept on disk: each clip is read once.

They are found by what sounds, by what makes them, and by the code of both.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from audiotok.audio import Samples
from train.encoding.codes import SOUND_CODE, read_clip
from train.execution.source_code import code_digest
from train.experiments.identity import clip_digest
from train.experiments.systems.system import Item

# What decides the features of a clip, beside the extractor.
HEARING_CODE = (*SOUND_CODE, "train.experiments.systems.features")

Features = NDArray[np.float32]
Extractor = Callable[[Samples], Features]


class FeatureCache:
    """Finds or makes the features of clips.

    Parameters
    ----------
    folder : where they are kept, below the name of what made them.
    name : says what the extractor is and how it is set, weights included; another name is another
        extractor.
    extract : makes features, of any shape, of a waveform ``(n_samples,)``, mono, 16 kHz.
    """

    def __init__(self, folder: Path, name: Any, extract: Extractor) -> None:
        made_by = [name, code_digest(*HEARING_CODE, extract.__module__)]
        content = json.dumps(made_by, sort_keys=True, default=str)
        self._folder = folder / hashlib.sha256(content.encode()).hexdigest()[:16]
        self._extract = extract

    def of(self, items: Sequence[Item]) -> list[Features]:
        """Give the features of the items' clips, in their order.

        Raises
        ------
        AudioError
            When a clip cannot be read, or an item has none.
        """
        return [self._one(item) for item in tqdm(items, desc="features", unit="clip")]

    def _one(self, item: Item) -> Features:
        facts = json.dumps(clip_digest(item.record.audio)).encode()
        path = self._folder / f"{hashlib.sha256(facts).hexdigest()}.npy"
        try:
            return np.asarray(np.load(path, allow_pickle=False), np.float32)
        except (OSError, ValueError, EOFError):
            found = self._extract(read_clip(item.record.audio))
        stored = found.astype(np.float16 if found.ndim > 1 else np.float32)
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        with unfinished.open("wb") as file:
            np.save(file, stored)
        unfinished.replace(path)
        return np.asarray(stored, np.float32)  # the same as every later time
