"""Report of a codec on unseen speakers: reconstruction quality, usage and stability of codes."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiotok.audio import Samples
from audiotok.codec import Codec
from audiotok.device import resolve_device
from audiotok.errors import DataError
from audiotok.vocabulary import Codes
from train.codec.quality import Quality, measure_layers
from train.codec.settings import CodecConfig
from train.codec.stability import measure_stability
from train.codec.usage import Usage, count_usage
from train.corpora.reading import read_corpora
from train.corpora.records import Record
from train.encoding.clip_variants import ClipVariant
from train.encoding.codes import CODES, EncodedClips, encode_clips, read_clip
from train.evaluation.markdown import number, table
from train.evaluation.token_probe import title

logger = logging.getLogger(__name__)

# What is decoded and judged: so many clips of each corpus, drawn at random, and of each the start.
N_REBUILT = 24
REBUILT_S = 6.0


@dataclass(frozen=True)
class CodecReport:
    """Measurements on clips of unseen speakers.

    Attributes
    ----------
    quality : by corpus, on a sample of its clips.
    usage : of the codes of all ``n_clips`` clips.
    stability : of the codes of that sample under changes of the sound; see ``measure_stability``.
    """

    quality: Mapping[str, Quality]
    usage: Usage
    n_clips: int
    stability: Mapping[int, Mapping[str, NDArray[np.float64]]]


def report_codecs(config: CodecConfig, sources: Sequence[str]) -> str:
    """Measure codecs on the test speakers of a config; returns Markdown tables.

    Parameters
    ----------
    sources : folders or hub ids; none means the codec that the config makes.
    """
    records = read_corpora(config.corpora, config.data_dir)
    unseen = [record for _, record in records if record.split == "test"]
    cache = config.work.parent / CODES
    device = resolve_device(config.device)
    return report_tables(
        {
            source: measure_codec(Codec.load(source, device), unseen, cache)
            for source in sources or [str(config.out)]
        }
    )


def measure_codec(codec: Codec, records: Sequence[Record], cache_dir: Path) -> CodecReport:
    """Measure codebook usage on all clips, quality and stability on a sample of each corpus.

    Codes are cached in ``cache_dir``.

    Raises
    ------
    DataError
        When no clip can be read.
    """
    encoded = encode_records(records, codec, cache_dir)
    corpora: dict[str, list[ClipVariant]] = defaultdict(list)
    for variant in encoded.codes:
        corpora[variant.record.corpus].append(variant)
    if not corpora:
        raise DataError("No clip of a test speaker can be read; name some in the config's splits.")
    quality, heard = {}, []
    for corpus, variants in corpora.items():
        chosen = np.random.default_rng(0).permutation(len(variants))[:N_REBUILT]
        clips = [_start(variants[i], encoded, codec) for i in chosen]
        quality[corpus] = measure_layers(codec, clips)
        heard += [samples for samples, _ in clips]
    usage = count_usage(encoded.codes.values(), codec.codebook_size)
    return CodecReport(quality, usage, len(encoded.codes), measure_stability(codec, heard))


def _start(variant: ClipVariant, encoded: EncodedClips, codec: Codec) -> tuple[Samples, Codes]:
    """Return waveform (at the codec's peak level) and codes of the start of a clip."""
    n_frames = round(REBUILT_S / codec.frame_s)
    clean = codec.levelled(read_clip(variant.audio))
    return clean[: n_frames * codec.samples_per_frame], encoded.codes[variant][:, :n_frames]


def encode_records(records: Sequence[Record], codec: Codec, cache_dir: Path) -> EncodedClips:
    """Encode clips as recorded, and log which could not be read."""
    encoded = encode_clips([ClipVariant(record) for record in records], codec, cache_dir)
    for name, reason in encoded.failed:
        logger.warning("left out: %s (%s)", name, reason)
    return encoded


def report_tables(reports: Mapping[str, CodecReport]) -> str:
    """Return the reports of codecs, by name: tables of quality by corpus, usage and stability."""
    first = next(iter(reports.values()))
    parts = []
    for corpus, of_first in first.quality.items():
        columns = {
            (measure, name): report.quality[corpus].means[measure]
            for measure in of_first.means
            for name, report in reports.items()
        }
        size = f"{of_first.n_clips} clips, {of_first.seconds / 60:.1f} minutes"
        parts.append(f"Decoded from the first layers, {corpus} ({size}):")
        parts.append(_by_layer("layers", lambda n: range(1, n + 1), columns, ".3f"))
    usage = {("share of the codes heard", n): r.usage.share for n, r in reports.items()}
    perplexity = {("perplexity", n): r.usage.perplexity for n, r in reports.items()}
    parts.append(f"Codes of all {first.n_clips} clips:")
    parts.append(_by_layer("layer", lambda n: (n,), usage | perplexity, ".3g"))
    for n_codes in first.stability:
        columns = {
            (change, name): share
            for change in first.stability[n_codes]
            for name, report in reports.items()
            if (share := report.stability.get(n_codes, {}).get(change)) is not None
        }
        parts.append(f"Share of frames whose code stays the same, {n_codes:,} codes a layer:")
        parts.append(_by_layer("layer", lambda n: (n,), columns, ".2f"))
    return "\n\n".join(parts)


def _by_layer(
    head: str,
    layers_of: Callable[[int], Sequence[int]],
    columns: Mapping[tuple[str, str], NDArray[np.float64]],
    spec: str,
) -> str:
    """Return a table of ``(n_layers,)`` columns by measure and codec (unnamed if it is one)."""
    lone = len({name for _, name in columns}) == 1
    heads = [measure if lone else f"{measure}, {name}" for measure, name in columns]
    n_rows = max(map(len, columns.values()))
    rows = [
        [title(layers_of(n))]
        + [number(v[n - 1] if n <= len(v) else None, spec) for v in columns.values()]
        for n in range(1, n_rows + 1)
    ]
    return table([head, *heads], rows)
