"""Step 0 of the method: every clip becomes codes once, kept by what sounds and by codec.

A clip may be heard in several ways (``train/encoding/clip_variants.py``); each way is an entry of
its own.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from audiotok.acoustics.taught_dimensions import Measurements
from audiotok.audio import SAMPLE_RATE, Limits, Samples, check_length
from audiotok.errors import AudioError
from audiotok.vocabulary import Codes
from train.corpora.audio_parts import Part
from train.encoding.clip_variants import ClipVariant
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
    """What the cache needs of a codec."""

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
    """The codes of a corpus.

    Attributes
    ----------
    codes : for each hearing of readable audio its codes, shape ``(n_layers, n_frames)``, in the
        order that was asked for; text-only records are not in it.
    failed : name and reason of each record whose audio cannot be read.
    """

    codes: Mapping[ClipVariant, Codes]
    failed: list[tuple[str, str]]


def encode_clips(hearings: Sequence[ClipVariant], codec: Encoder, cache_dir: Path) -> EncodedClips:
    """Encode the hearings that the cache does not have yet.

    Work done is kept when the run is killed. Codes are found by the samples that they came from,
    so a clip that was moved, renamed or listed twice is not encoded again; broken files in the
    cache are replaced. Hearings of one sound beside different references share its latents.
    """
    cache = _Cache(cache_dir, codec)
    found: dict[ClipVariant, SmallCodes] = {}
    unreadable: dict[ClipVariant, str] = {}
    wanted = list(dict.fromkeys(hearing for hearing in hearings if hearing.audio))
    with tqdm(total=len(wanted), desc="encode", unit="clip") as progress:
        missing = []
        for hearing in wanted:
            codes = cache.look_up(hearing)
            if codes is None:
                missing.append(hearing)
            else:
                found[hearing] = codes
                progress.update()
        for group in _one_sound_each(missing):
            try:
                sounds = {hearing: _Sound.read(hearing) for hearing in group}
            except AudioError as error:
                unreadable |= dict.fromkeys(group, str(error))
            else:
                found |= cache.encode(sounds, codec)
            progress.update(len(group))
    failed = {f"{h.record.corpus}/{h.record.id}": reason for h, reason in unreadable.items()}
    return EncodedClips(
        codes=_InFewBytes({h: found[h] for h in wanted if h in found}), failed=list(failed.items())
    )


class _InFewBytes(Mapping[ClipVariant, Codes]):
    """Codes held in as few bytes as they need and handed out as int64."""

    def __init__(self, small: dict[ClipVariant, SmallCodes]) -> None:
        self._small = small

    def __getitem__(self, hearing: ClipVariant) -> Codes:
        return self._small[hearing].astype(np.int64)

    def __iter__(self) -> Iterator[ClipVariant]:
        return iter(self._small)

    def __len__(self) -> int:
        return len(self._small)


@dataclass(frozen=True)
class _Sound:
    """The waveforms of a hearing, each of shape ``(n_samples,)``, after its change."""

    clip: Samples
    references: tuple[Samples, ...]

    @classmethod
    def read(cls, hearing: ClipVariant) -> _Sound:
        references = tuple(hearing.changed(read_clip(r.audio)) for r in hearing.references)
        return cls(hearing.changed(read_clip(hearing.audio)), references)

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

    def look_up(self, hearing: ClipVariant) -> SmallCodes | None:
        """Find codes without decoding the clip."""
        try:
            digest = self._known.get(_signature(hearing))
        except OSError:
            return None
        return None if digest is None else self._load(digest)

    def encode(
        self, sounds: Mapping[ClipVariant, _Sound], codec: Encoder
    ) -> dict[ClipVariant, SmallCodes]:
        """Give codes of one clip's hearings; only sounds that are new go through the codec."""
        codes = {sound.digest: self._load(sound.digest) for sound in sounds.values()}
        new = {s.digest: s for s in sounds.values() if codes[s.digest] is None}
        if new:
            clip = next(iter(new.values())).clip
            measured = [[codec.measure(r) for r in sound.references] for sound in new.values()]
            for digest, made in zip(new, codec.encode_relative(clip, measured), strict=True):
                codes[digest] = self._save(digest, made)
        with self._index.open("a") as index:
            index.writelines(f"{_signature(h)} {s.digest}\n" for h, s in sounds.items())
        return {h: small for h, s in sounds.items() if (small := codes[s.digest]) is not None}

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.npy"

    def _load(self, digest: str) -> SmallCodes | None:
        try:
            codes = np.load(self._path(digest), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        whole = codes.ndim == 2 and len(codes) == self._n_layers and codes.size
        return codes if whole and codes.max() < self._codebook_size else None

    def _save(self, digest: str, codes: Codes) -> SmallCodes:
        small = codes.astype(np.min_scalar_type(self._codebook_size - 1))
        path = self._path(digest)
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        with unfinished.open("wb") as file:
            np.save(file, small)
        unfinished.replace(path)
        return small


def _sound_digest() -> str:
    """Digest what decides which samples a file and a change give."""
    versions = [f"{package} {version(package)}" for package in SOUND_PACKAGES]
    code = code_digest(*SOUND_CODE)
    return hashlib.sha256("\n".join([code, *versions]).encode()).hexdigest()[:16]


def _one_sound_each(hearings: Sequence[ClipVariant]) -> list[list[ClipVariant]]:
    """Group hearings of the same clip and change."""
    groups: dict[tuple[Clip, str, str], list[ClipVariant]] = defaultdict(list)
    for hearing in hearings:
        same = hearing.record.id if hearing.change else ""
        groups[hearing.audio, hearing.change, same].append(hearing)
    return list(groups.values())


def _signature(hearing: ClipVariant) -> str:
    facts: list[object] = [clip_facts(hearing.audio)]
    if hearing.change:
        facts += [hearing.record.id, hearing.change]
    facts += [clip_facts(reference.audio) for reference in hearing.references]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def clip_facts(clip: Clip) -> list[tuple[str | int | float | None, ...]]:
    """Say what changes whenever the sound of a clip may have changed, part by part."""
    return [part.facts for part in clip]


def read_clip(clip: Clip) -> Samples:
    """Read the parts of a clip as one waveform, shape ``(n_samples,)``, mono, 16 kHz.

    Raises
    ------
    AudioError
        When a part cannot be read or the whole is too short or too long.
    """
    samples = np.concatenate([part.read(PART_LIMITS) for part in clip])
    check_length(len(samples) / SAMPLE_RATE, CLIP_LIMITS)
    return samples
