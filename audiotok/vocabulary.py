"""The audio vocabulary: the selected (layer, code) pairs and their lasso weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiotok.errors import BundleError

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Occurrence:
    """One occurrence of a selected token in a clip.

    Attributes
    ----------
    frame : 0-based frame index.
    layer : 1-based quantizer layer.
    code : index in that layer's codebook.
    index : position of the (layer, code) pair in the audio vocabulary.
    """

    frame: int
    layer: int
    code: int
    index: int


@dataclass(frozen=True)
class AudioVocabulary:
    """The selected (layer, code) pairs and their weights in the lasso that selected them.

    Attributes
    ----------
    classes : classes of the lasso: the labels and, where it was a class, ``neutral``.
    layers : 1-based layers selected from: 1 to 8, or 2 to 8 (acoustic layers only).
    pairs : the selected (layer, code) pairs.
    weights : array of shape ``(n_pairs, n_classes)``; positive for evidence of the class.

    Raises
    ------
    BundleError
        When shapes do not fit, a pair occurs twice or is outside the layers.
    """

    classes: tuple[str, ...]
    layers: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    weights: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.weights.shape != (len(self.pairs), len(self.classes)):
            raise BundleError(
                f"The audio vocabulary has {len(self.pairs)} tokens and {len(self.classes)} "
                f"classes, but weights of shape {self.weights.shape}."
            )
        if len(set(self.pairs)) != len(self.pairs):
            raise BundleError("The audio vocabulary names a token twice.")
        if not {layer for layer, _ in self.pairs} <= set(self.layers):
            raise BundleError("The audio vocabulary has tokens outside its layers.")

    def __len__(self) -> int:
        return len(self.pairs)

    @cached_property
    def _index(self) -> dict[tuple[int, int], int]:
        return {pair: index for index, pair in enumerate(self.pairs)}

    @cached_property
    def strings(self) -> tuple[str, ...]:
        """One readable name a token, such as ``<L2:517>``."""
        return tuple(f"<L{layer}:{code}>" for layer, code in self.pairs)

    @cached_property
    def spoken_for(self) -> tuple[str, ...]:
        """For each token the class of its largest lasso weight."""
        return tuple(self.classes[int(row.argmax())] for row in self.weights)

    def weights_of(self, index: int) -> dict[str, float]:
        """Return one token's lasso weight for every class."""
        return dict(zip(self.classes, map(float, self.weights[index]), strict=True))

    def find(self, codes: Codes) -> tuple[Occurrence, ...]:
        """Return all occurrences of selected tokens, in time order and, within a frame, by layer.

        Parameters
        ----------
        codes : array of shape ``(n_layers, n_frames)``, all layers of the codec, layer 1 first.
        """
        table = np.full((codes.shape[0] + 1, int(codes.max(initial=0)) + 1), -1)
        for (layer, code), index in self._index.items():
            if layer < table.shape[0] and code < table.shape[1]:
                table[layer, code] = index
        found = table[np.arange(1, codes.shape[0] + 1)[:, None], codes]
        frames, layers = np.nonzero(found.T >= 0)
        return tuple(
            Occurrence(int(f), int(la) + 1, int(codes[la, f]), int(found[la, f]))
            for f, la in zip(frames, layers, strict=True)
        )

    def save(self, path: Path) -> None:
        """Write the vocabulary as JSON."""
        content = {
            "classes": self.classes,
            "layers": self.layers,
            "tokens": [
                {"layer": layer, "code": code, "weights": [round(float(w), 6) for w in row]}
                for (layer, code), row in zip(self.pairs, self.weights, strict=True)
            ],
        }
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> AudioVocabulary:
        """Read a vocabulary that ``save`` wrote; raises BundleError where the file is malformed."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            tokens: Sequence[dict] = content["tokens"]
            classes = tuple(map(str, content["classes"]))
            return cls(
                classes=classes,
                layers=tuple(int(layer) for layer in content["layers"]),
                pairs=tuple((int(t["layer"]), int(t["code"])) for t in tokens),
                weights=np.array([t["weights"] for t in tokens], dtype=float).reshape(
                    len(tokens), len(classes)
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(f"'{path.name}' is not an audio vocabulary: {error}.") from error
