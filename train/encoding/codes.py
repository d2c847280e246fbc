"""Step 0 of the method: encode clips to codes, cached by waveform content and codec.

Each variant of a clip (``train/encoding/clip_variants.py``) is an entry of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audiotok.acoustics.taught_dimensions import Measurements
from audiotok.audio import SAMPLE_RATE, Limits, Samples, check_length
from audiotok.errors import AudioError, DataError
from audiotok.vocabulary import Codes
from train.corpora.audio_parts import Part
from train.encoding.clip_variants import ClipVariant
from train.execution import processes
from train.execution.array_files import read_array, write_array
from train.execution.source_code import code_digest

Clip = tuple[Part, ...]
SmallCodes = NDArray[np.unsignedinteger]

# What turns files into the samples that are encoded, and samples into codes.
SOUND_CODE = (
    "audiotok.audio",
    "train.corpora.audio_parts",
    "train.encoding.distortions",
    "train.encoding.clip_variants",
    "train.encoding.codes",
)
CODING_CODE = (
    "audiotok.codec",
    "audiotok.acoustics.taught_dimensions",
    "audiotok.acoustics.measures",
    "audiotok.acoustics.pitch",
)
SOUND_PACKAGES = ("soundfile", "av", "soxr", "numpy", "scipy")

CODES = "codes"  # beside the runs' folders: clips are encoded once for all tasks
CLIP_LIMITS = Limits(max_s=600.0)
# A snippet may hold a part of a word or two; only the whole must be long enough.
PART_LIMITS = Limits(min_s=0.0, max_s=CLIP_LIMITS.max_s, max_bytes=1_000_000_000)


class Encoder(Protocol):
    """The interface of a codec that the cache uses."""

    @property
    def n_layers(self) -> int: ...
    @property
    def codebook_size(self) -> int: ...
    @property
    def fingerprint(self) -> str: ...
    def measure(self, samples: Samples) -> Measurements: ...
    def encode_relative(
        self, samples: Samples, alternatives: Sequence[Sequence[Measurements]]
    ) -> list[Codes]: ...


@dataclass(frozen=True)
class EncodedClips:
    """The codes of clip variants.

    Attributes
    ----------
    codes : by clip variant, shape ``(n_layers, n_frames)``, in the order requested; without
        text-only records, unreadable audio and variants whose reference is unreadable.
    failed : name and reason of each record of which no variant can be read.
    """

    codes: Mapping[ClipVariant, Codes]
    failed: list[tuple[str, str]]


def encode_clips(variants: Sequence[ClipVariant], codec: Encoder, cache_dir: Path) -> EncodedClips:
    """Return the codes of clip variants, encoding those that are not in the cache.

    Finished codes stay when the run is killed. The cache key is a digest of the samples, so a clip
    that was moved, renamed or listed twice is not encoded again; broken files are replaced.
    Variants of one sound with different references share its latents.

    Several processes share the encoding and meet in the cache; all must ask for the same variants,
    and all get all codes. No two clips share a batch, even of equal length: their latents would
    differ in the last bit from those of a clip alone, and some codes with them.

    Raises
    ------
    DataError
        When codes made by another process are not in this one's cache.
    """
    cache = _Cache(cache_dir, codec)
    wanted = list(dict.fromkeys(variant for variant in variants if variant.audio))
    found = {h: codes for h in wanted if (codes := cache.look_up(h)) is not None}
    missing = processes.gather({n for n, variant in enumerate(wanted) if variant not in found})
    groups = _one_sound_each([wanted[n] for n in sorted(set().union(*missing))])
    unreadable: dict[str, str] = {}
    made = processes.share(groups, lambda group: cache.encode(group, codec), "encode")
    for group, outcomes in zip(groups, made, strict=True):
        for variant, (digest, reason) in zip(group, outcomes, strict=True):
            if digest:
                found[variant] = cache.read(variant, digest)
            else:
                unreadable.setdefault(_name(variant), reason)
    readable = {_name(variant) for variant in found}  # with another reference, or none
    return EncodedClips(
        codes=_CompactCodes({h: found[h] for h in wanted if h in found}),
        failed=[(name, why) for name, why in unreadable.items() if name not in readable],
    )


def _name(variant: ClipVariant) -> str:
    return f"{variant.record.corpus}/{variant.record.id}"


class _CompactCodes(Mapping[ClipVariant, Codes]):
    """Codes by clip variant, stored in their smallest integer type and returned as int64."""

    def __init__(self, small: dict[ClipVariant, SmallCodes]) -> None:
        self._small = small

    def __getitem__(self, variant: ClipVariant) -> Codes:
        return self._small[variant].astype(np.int64)

    def __iter__(self) -> Iterator[ClipVariant]:
        return iter(self._small)

    def __len__(self) -> int:
        return len(self._small)


@dataclass(frozen=True)
class _Sound:
    """The waveforms of a clip variant and its references, each ``(n_samples,)``, changed."""

    clip: Samples
    references: tuple[Samples, ...]

    @classmethod
    def read(cls, variant: ClipVariant) -> _Sound:
        references = tuple(variant.changed(read_clip(r.audio)) for r in variant.references)
        return cls(variant.changed(read_clip(variant.audio)), references)

    @cached_property
    def digest(self) -> str:
        whole = hashlib.sha256(self.clip.tobytes())
        for reference in self.references:
            whole.update(hashlib.sha256(reference.tobytes()).digest())
        return whole.hexdigest()


class _Cache:
    """Codes on disk: ``<codec>/<two letters>/<digest of the samples>.npy``.

    ``<codec>`` is the codec's fingerprint and a digest of the code that encodes. ``clips-….txt``
    remembers which files (path, size, time of change, interval) gave which samples, so that nothing
    is decoded only to learn that its codes are known; each version of what reads and changes sounds
    has an index of its own. Any of it may be deleted.
    """

    def __init__(self, folder: Path, codec: Encoder) -> None:
        self._folder = folder / f"{codec.fingerprint}-{code_digest(*CODING_CODE)}"
        self._n_layers, self._codebook_size = codec.n_layers, codec.codebook_size
        self._index = folder / f"clips-{_sound_digest()}.txt"
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = self._index.read_text().split("\n") if self._index.exists() else []
        # A line that a kill cut short has the wrong length and is passed over.
        self._known = {line[:64]: line[65:] for line in lines if len(line) == 129}

    def look_up(self, variant: ClipVariant) -> SmallCodes | None:
        """Return cached codes without decoding the clip; None where there are none."""
        try:
            digest = self._known.get(_signature(variant))
        except OSError:
            return None
        return None if digest is None else self._load(digest)

    def encode(self, group: Sequence[ClipVariant], codec: Encoder) -> list[tuple[str, str]]:
        """Encode the variants of one sound that are not cached, and write their codes.

        Returns
        -------
        For each variant the digest of its sounds, or an empty one and why they are unreadable.
        """
        sounds: dict[ClipVariant, _Sound] = {}
        reasons: dict[ClipVariant, str] = {}
        for variant in group:
            try:
                sounds[variant] = _Sound.read(variant)
            except AudioError as error:
                reasons[variant] = str(error)
        new = {s.digest: s for s in sounds.values() if self._load(s.digest) is None}
        if new:
            clip = next(iter(new.values())).clip
            measured = [[codec.measure(r) for r in sound.references] for sound in new.values()]
            for digest, codes in zip(new, codec.encode_relative(clip, measured), strict=True):
                write_array(self._path(digest), self._small(codes))
        lines = [f"{_signature(variant)} {sound.digest}\n" for variant, sound in sounds.items()]
        # In one piece, since other processes write behind the end too.
        with self._index.open("ab", buffering=0) as index:
            index.write("".join(lines).encode())
        return [
            (sounds[variant].digest if variant in sounds else "", reasons.get(variant, ""))
            for variant in group
        ]

    def read(self, variant: ClipVariant, digest: str) -> SmallCodes:
        """Read codes that any process has written."""
        codes = self._load(digest)
        if codes is None:
            raise DataError(
                f"The clip '{variant.record.id}' was encoded, but its codes are not in "
                f"'{self._folder}'; give all machines the same folder 'work'."
            )
        return codes

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.npy"

    def _load(self, digest: str) -> SmallCodes | None:
        codes = read_array(self._path(digest))
        if codes is None or codes.ndim != 2 or len(codes) != self._n_layers or not codes.size:
            return None
        return codes if codes.max() < self._codebook_size else None

    def _small(self, codes: Codes) -> SmallCodes:
        return codes.astype(np.min_scalar_type(self._codebook_size - 1))


def _sound_digest() -> str:
    """Return a digest of the code that decodes and changes audio."""
    versions = [f"{package} {version(package)}" for package in SOUND_PACKAGES]
    code = code_digest(*SOUND_CODE)
    return hashlib.sha256("\n".join([code, *versions]).encode()).hexdigest()[:16]


def _one_sound_each(variants: Sequence[ClipVariant]) -> list[list[ClipVariant]]:
    """Group variants of the same clip and change."""
    groups: dict[tuple[Clip, str, str], list[ClipVariant]] = defaultdict(list)
    for variant in variants:
        same = variant.record.id if variant.change else ""
        groups[variant.audio, variant.change, same].append(variant)
    return list(groups.values())


def _signature(variant: ClipVariant) -> str:
    facts: list[object] = [clip_facts(variant.audio)]
    if variant.change:
        facts += [variant.record.id, variant.change]
    facts += [clip_facts(reference.audio) for reference in variant.references]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def clip_facts(clip: Clip) -> list[tuple[str | int | float | None, ...]]:
    """Return path, size, times of change and interval of each part of a clip."""
    return [part.facts for part in clip]


def read_clip(clip: Clip) -> Samples:
    """Return a clip's parts joined to one waveform, shape ``(n_samples,)``, mono, 16 kHz.

    Raises
    ------
    AudioError
        When a part cannot be read or the whole is too short or too long.
    """
    samples = np.concatenate([part.read(PART_LIMITS) for part in clip])
    check_length(len(samples) / SAMPLE_RATE, CLIP_LIMITS)
    return samples
