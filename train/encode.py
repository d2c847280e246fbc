"""Step 0 of the method: every clip becomes codes once, kept by what sounds and by codec."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray
from tqdm.auto import tqdm

from audiotok.audio import SAMPLE_RATE, Limits, Samples, read_audio
from audiotok.errors import AudioError
from audiotok.vocabulary import Codes
from train.data.records import Record

Clip = tuple[Path, ...]
SmallCodes = NDArray[np.unsignedinteger]

CLIP_LIMITS = Limits(max_s=600.0)
# A snippet may hold a part of a word or two; only the whole must be long enough.
PART_LIMITS = Limits(min_s=0.0, max_s=CLIP_LIMITS.max_s, max_bytes=1_000_000_000)
BATCH_S = 120.0  # sound that is in memory at once, and that a kill can cost
UNKNOWN_S = 10.0  # guessed for a file whose header soundfile cannot read


class Encoder(Protocol):
    """What the cache needs of a codec."""

    @property
    def n_layers(self) -> int: ...
    @property
    def codebook_size(self) -> int: ...
    @property
    def fingerprint(self) -> str: ...
    def encode_many(self, clips: Sequence[Samples]) -> list[Codes]: ...


@dataclass(frozen=True)
class EncodedClips:
    """The codes of a corpus.

    Attributes
    ----------
    codes : for each record with readable audio its codes, shape ``(n_layers, n_frames)``, in the
        order of the records; text-only records are not in it.
    failed : name and reason of each record whose audio cannot be read.
    """

    codes: Mapping[Record, Codes]
    failed: list[tuple[str, str]]


def encode_clips(records: Sequence[Record], codec: Encoder, cache_dir: Path) -> EncodedClips:
    """Encode the clips that the cache does not have yet.

    Work done is kept when the run is killed. Codes are found by the samples that they came from,
    so a clip that was moved, renamed or listed twice is not encoded again; broken files in the
    cache are replaced.
    """
    cache = _Cache(cache_dir, codec)
    found: dict[Clip, SmallCodes] = {}
    unreadable: dict[Clip, str] = {}
    clips = list(dict.fromkeys(record.audio for record in records if record.audio))
    with tqdm(total=len(clips), desc="encode", unit="clip") as progress:
        missing = []
        for clip in clips:
            codes = cache.look_up(clip)
            if codes is None:
                missing.append(clip)
            else:
                found[clip] = codes
                progress.update()
        for batch in _batches(missing):
            waves: dict[Clip, Samples] = {}
            for clip in batch:
                try:
                    waves[clip] = _read(clip)
                except AudioError as error:
                    unreadable[clip] = str(error)
            found |= cache.encode(waves, codec)
            progress.update(len(batch))
    return EncodedClips(
        codes=_ByRecord({r: found[r.audio] for r in records if r.audio in found}),
        failed=[
            (f"{r.corpus}/{r.id}", unreadable[r.audio]) for r in records if r.audio in unreadable
        ],
    )


class _ByRecord(Mapping[Record, Codes]):
    """Codes held in as few bytes as they need and handed out as int64."""

    def __init__(self, small: dict[Record, SmallCodes]) -> None:
        self._small = small

    def __getitem__(self, record: Record) -> Codes:
        return self._small[record].astype(np.int64)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._small)

    def __len__(self) -> int:
        return len(self._small)


class _Cache:
    """Codes on disk: ``<fingerprint>/<two letters>/<digest of the samples>.npy``.

    ``clips.txt`` remembers which files (path, size, time of change) gave which samples, so that
    nothing is decoded only to learn that its codes are known. Any of it may be deleted.
    """

    def __init__(self, folder: Path, codec: Encoder) -> None:
        self._folder = folder / codec.fingerprint
        self._n_layers, self._codebook_size = codec.n_layers, codec.codebook_size
        self._index = folder / "clips.txt"
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = self._index.read_text().splitlines() if self._index.exists() else []
        # A line that a kill cut short has the wrong length and is passed over.
        self._known = {line[:64]: line[65:] for line in lines if len(line) == 129}

    def look_up(self, clip: Clip) -> SmallCodes | None:
        """Find codes without decoding the clip."""
        try:
            digest = self._known.get(_signature(clip))
        except OSError:
            return None
        return None if digest is None else self._load(digest)

    def encode(self, waves: Mapping[Clip, Samples], codec: Encoder) -> dict[Clip, SmallCodes]:
        """Give codes of decoded clips; only sounds that are new go through the codec."""
        digests = {
            clip: hashlib.sha256(samples.tobytes()).hexdigest() for clip, samples in waves.items()
        }
        codes = {digest: self._load(digest) for digest in digests.values()}
        new = {digests[c]: wave for c, wave in waves.items() if codes[digests[c]] is None}
        for digest, made in zip(new, codec.encode_many(list(new.values())), strict=True):
            codes[digest] = self._save(digest, made)
        with self._index.open("a") as index:
            index.writelines(f"{_signature(clip)} {digest}\n" for clip, digest in digests.items())
        return {clip: small for clip, d in digests.items() if (small := codes[d]) is not None}

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


def _signature(clip: Clip) -> str:
    facts = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in clip]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _read(clip: Clip) -> Samples:
    """Read the parts of a clip as one waveform, shape ``(n_samples,)``."""
    parts = []
    for path in clip:
        try:
            parts.append(read_audio(path, PART_LIMITS).samples)
        except (AudioError, OSError) as error:
            raise AudioError(f"{path.name}: {error}") from error
    return read_audio((SAMPLE_RATE, np.concatenate(parts)), CLIP_LIMITS).samples


def _batches(clips: Sequence[Clip]) -> Iterator[list[Clip]]:
    """Batch clips by duration, so that those of equal length meet in one pass of the codec."""
    durations_s = {clip: sum(map(_duration_s, clip)) for clip in clips}
    batch: list[Clip] = []
    batch_s = 0.0
    for clip in sorted(clips, key=lambda clip: (durations_s[clip], clip)):
        if batch and batch_s + durations_s[clip] > BATCH_S:
            yield batch
            batch, batch_s = [], 0.0
        batch.append(clip)
        batch_s += durations_s[clip]
    if batch:
        yield batch


def _duration_s(path: Path) -> float:
    try:
        return float(soundfile.info(path).duration)
    except (OSError, RuntimeError):
        return UNKNOWN_S
