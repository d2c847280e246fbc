"""The audio vocabulary: the selected (layer, code) pairs, with their weights for each class.

A vocabulary may be coarser than its codec: the codes of a layer are then numbers of groups of
codebook entries, and a token that lasts is one occurrence with a duration.
"""

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
Groups = NDArray[np.int64]

LEFT_OUT = -1  # in place of the codes of a layer that is not heard


@dataclass(frozen=True)
class Occurrence:
    """One occurrence of a selected token in a clip.

    Attributes
    ----------
    frame : 0-based index of its first frame.
    layer : 1-based quantizer layer.
    code : index in that layer's codebook, or number of the group of codebook entries.
    index : position of the (layer, code) pair in the audio vocabulary.
    n_frames : its duration; 1 where the vocabulary does not merge repeats.
    """

    frame: int
    layer: int
    code: int
    index: int
    n_frames: int = 1

    @property
    def end(self) -> int:
        """Index of the frame after its last."""
        return self.frame + self.n_frames


@dataclass(frozen=True)
class AudioVocabulary:
    """The selected (layer, code) pairs and their weights in the lasso that selected them.

    Attributes
    ----------
    classes : classes of the lasso: the labels and, where it was a class, ``neutral``.
    layers : 1-based layers selected from: 1 to 8, or 2 to 8 (acoustic layers only).
    pairs : the selected (layer, code) pairs.
    weights : array of shape ``(n_pairs, n_classes)``; positive for evidence of the class.
    groups : group number of every codebook entry, shape ``(n_layers, codebook_size)`` with a row
        for each of ``layers``; None where every entry is a code of its own.
    merge_repeats : whether a token that lasts several frames is one occurrence.
    min_frames : shortest duration of an occurrence that counts.

    Raises
    ------
    BundleError
        When shapes do not fit, a pair occurs twice or is outside the layers.
    """

    classes: tuple[str, ...]
    layers: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    weights: NDArray[np.float64]
    groups: Groups | None = None
    merge_repeats: bool = False
    min_frames: int = 1

    def __post_init__(self) -> None:
        if self.groups is not None and (
            self.groups.ndim != 2
            or self.groups.shape[0] != len(self.layers)
            or self.groups.min(initial=0) < 0
        ):
            raise BundleError(
                f"The audio vocabulary groups codes by an array of shape {self.groups.shape}, not "
                f"one row of numbers for each of its {len(self.layers)} layers."
            )
        if self.min_frames > 1 and not self.merge_repeats:
            raise BundleError("The audio vocabulary has a shortest duration but merges no repeats.")
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

    def grouped(self, codes: Codes) -> Codes:
        """Return the vocabulary's codes of its layers, shape ``(len(layers), n_frames)``.

        Parameters
        ----------
        codes : array of shape ``(n_layers, n_frames)``, all layers of the codec, layer 1 first.
        """
        rows = codes[[layer - 1 for layer in self.layers]]
        return rows if self.groups is None else group_codes(rows, self.groups)

    def find(self, codes: Codes) -> tuple[Occurrence, ...]:
        """Return all occurrences of selected tokens, in time order and, within a frame, by layer.

        Parameters
        ----------
        codes : array of shape ``(n_layers, n_frames)``, all layers of the codec, layer 1 first.
        """
        if codes.shape[0] < max(self.layers):
            raise BundleError(
                f"The audio vocabulary reads layer {max(self.layers)}, but the codes have "
                f"{codes.shape[0]}."
            )
        grouped = self.grouped(codes)
        table = np.full((len(self.layers), int(grouped.max(initial=0)) + 1), -1)
        for (layer, code), index in self._index.items():
            if code < table.shape[1]:
                table[self.layers.index(layer), code] = index
        found = table[np.arange(len(self.layers))[:, None], grouped]
        starts, durations = _runs(found, merge=self.merge_repeats)
        frames, rows = np.nonzero((starts & (found >= 0) & (durations >= self.min_frames)).T)
        return tuple(
            Occurrence(
                int(frame),
                self.layers[row],
                int(grouped[row, frame]),
                int(found[row, frame]),
                int(durations[row, frame]),
            )
            for frame, row in zip(frames, rows, strict=True)
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
            "merge_repeats": self.merge_repeats,
            "min_frames": self.min_frames,
            "groups": None if self.groups is None else self.groups.tolist(),
        }
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> AudioVocabulary:
        """Read a vocabulary that ``save`` wrote; raises BundleError where the file is malformed."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            tokens: Sequence[dict] = content["tokens"]
            classes = tuple(map(str, content["classes"]))
            groups = content.get("groups")
            return cls(
                classes=classes,
                layers=tuple(int(layer) for layer in content["layers"]),
                pairs=tuple((int(t["layer"]), int(t["code"])) for t in tokens),
                weights=np.array([t["weights"] for t in tokens], dtype=float).reshape(
                    len(tokens), len(classes)
                ),
                groups=None if groups is None else np.array(groups, dtype=np.int64),
                merge_repeats=bool(content.get("merge_repeats", False)),
                min_frames=int(content.get("min_frames", 1)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(f"'{path.name}' is not an audio vocabulary: {error}.") from error


def group_codes(codes: Codes, groups: Groups) -> Codes:
    """Replace codes by the numbers of their groups.

    Parameters
    ----------
    codes : shape ``(n_layers, n_frames)``.
    groups : shape ``(n_layers, codebook_size)``, for the same layers.

    Raises
    ------
    BundleError
        When a code is not in its codebook.
    """
    if codes.max(initial=0) >= groups.shape[1]:
        raise BundleError(
            f"The audio vocabulary groups {groups.shape[1]} codes a layer, but there is the code "
            f"{codes.max()}."
        )
    grouped: Codes = groups[np.arange(len(groups))[:, None], codes]
    return grouped


def _runs(found: Codes, *, merge: bool) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return where a run of equal values in a row begins, and its length there, else 0."""
    starts = np.ones(found.shape, dtype=bool)
    if merge:
        starts[:, 1:] = found[:, 1:] != found[:, :-1]
    durations = np.zeros(found.shape, dtype=np.int64)
    for row in range(len(found)):
        first = np.flatnonzero(starts[row])
        durations[row, first] = np.diff(np.append(first, found.shape[1]))
    return starts, durations
