"""Profiles of selected tokens: what the frames sound like in which each of them stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiotok.token_profiles import TokenProfile, TokenProfiles
from audiotok.vocabulary import AudioVocabulary, Codes
from train.evaluation.frame_measures import FrameMeasures

DIGITS = 2  # of decibels and semitones that are stored
Array = NDArray[np.float64]


@dataclass(frozen=True)
class ProfiledClip:
    """A clip whose tokens are profiled.

    Attributes
    ----------
    codes : shape ``(n_layers, n_frames)``.
    measures : of its frames.
    classes : of the clip, among which its tokens are shared evenly.
    speaker : whose pitch is compared with their own; any value that tells speakers apart.
    """

    codes: Codes
    measures: FrameMeasures
    classes: tuple[str, ...]
    speaker: object


def profile_tokens(
    vocabulary: AudioVocabulary,
    clips: Iterable[ProfiledClip],
    classes: Sequence[str],
    entries: Sequence[float | None],
    ranks: Sequence[int],
) -> TokenProfiles:
    """Describe every token by the medians of the measures over the frames in which it stands.

    Parameters
    ----------
    clips : read once; only the measures of frames with a selected token are kept.
    classes : those that shares are by; a clip of none of them counts in no share.
    entries, ranks : of the tokens, where they enter the lasso's path.
    """
    found = _Found(vocabulary, tuple(classes))
    for clip in clips:
        found.add(clip)
    rows = found.rows()
    shares = found.shares()
    tokens = tuple(
        TokenProfile(
            layer=layer,
            code=code,
            n_occurrences=int(found.n_occurrences[index]),
            **_medians(rows.get(index)),
            shares=shares[index],
            entry_c=entries[index],
            rank=ranks[index],
        )
        for index, (layer, code) in enumerate(vocabulary.pairs)
    )
    return TokenProfiles(classes=tuple(classes), tokens=tokens)


class _Found:
    """What was seen of the tokens in the clips so far."""

    def __init__(self, vocabulary: AudioVocabulary, classes: tuple[str, ...]) -> None:
        self._vocabulary, self._classes = vocabulary, classes
        self.n_occurrences = np.zeros(len(vocabulary), dtype=np.int64)
        self._n_by_class = np.zeros((len(vocabulary), len(classes)))
        self._n_frames_of_class = np.zeros(len(classes))
        self._voices: dict[object, list[Array]] = defaultdict(list)  # pitch in octaves
        self._rows: list[tuple[object, NDArray[np.int64], Array]] = []

    def add(self, clip: ProfiledClip) -> None:
        """Count a clip's tokens, and keep the measures of their frames."""
        measures, n_frames = clip.measures, clip.codes.shape[1]
        octaves = np.log2(measures.pitch_hz[:n_frames])
        self._voices[clip.speaker].append(octaves[~np.isnan(octaves)])
        columns = [octaves, measures.level_db, measures.tilt_db_per_octave, measures.harmonicity]
        table = np.column_stack([column[:n_frames] for column in columns])
        share = np.array([clip.classes.count(name) for name in self._classes])
        share = share / max(1, len(clip.classes))
        self._n_frames_of_class += share * n_frames
        occurrences = self._vocabulary.find(clip.codes)
        for each in occurrences:
            self.n_occurrences[each.index] += 1
            self._n_by_class[each.index] += share
        frames = [np.arange(each.frame, each.end) for each in occurrences]
        if frames:
            tokens = np.repeat([o.index for o in occurrences], [len(f) for f in frames])
            self._rows.append((clip.speaker, tokens, table[np.concatenate(frames)]))

    def rows(self) -> dict[int, Array]:
        """Return the measures of each token's frames, shape ``(n, 4)``, pitch in semitones."""
        if not self._rows:
            return {}
        own = {
            who: float(np.median(heard)) if len(heard := np.concatenate(voices)) else np.nan
            for who, voices in self._voices.items()
        }
        middle = np.concatenate([np.full(len(t), own[who]) for who, t, _ in self._rows])
        tokens = np.concatenate([t for _, t, _ in self._rows])
        table = np.concatenate([values for _, _, values in self._rows])
        table[:, 0] = 12 * (table[:, 0] - middle)
        order = np.argsort(tokens, kind="stable")
        names, starts = np.unique(tokens[order], return_index=True)
        parts = np.split(table[order], starts[1:])
        return {int(name): part for name, part in zip(names, parts, strict=True)}

    def shares(self) -> list[dict[str, float]]:
        """Return each token's shares by class, as if all classes had been heard equally long."""
        rates = self._n_by_class / np.maximum(self._n_frames_of_class, 1)
        totals = rates.sum(axis=1, keepdims=True)
        shares = np.divide(rates, totals, out=np.zeros_like(rates), where=totals > 0)
        # Rounded down, so that they never add up to more than 1.
        return [
            dict(zip(self._classes, map(float, np.floor(row * 1000) / 1000), strict=True))
            if row.any()
            else {}
            for row in shares
        ]


def _medians(rows: Array | None) -> dict[str, Any]:
    """Return the medians over frames; pitch is none where less than half of them are voiced."""
    if rows is None:
        return {}
    pitch = rows[:, 0][~np.isnan(rows[:, 0])]
    level, tilt, harmonicity = (round(float(np.median(column)), DIGITS) for column in rows.T[1:])
    return {
        "pitch_semitones": (
            round(float(np.median(pitch)), DIGITS) if 2 * len(pitch) >= len(rows) else None
        ),
        "energy_db": level,
        "tilt_db_per_octave": tilt,
        "harmonicity": harmonicity,
    }
