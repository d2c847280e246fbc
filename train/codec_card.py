"""Measure a codec on speakers that it never heard, and write its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from audiotok.audio import Samples
from audiotok.codec import Codec
from train.log_mel import LogMelDistance


@dataclass(frozen=True)
class CodecReport:
    """Quality on unseen speakers.

    Attributes
    ----------
    log_mel : mean absolute log-mel difference when decoded from layers 1 to n, n = 1, 2, …
    n_used, perplexity : codes that occur, and the exponential of the entropy, one a layer.
    """

    n_clips: int
    seconds: float
    log_mel: NDArray[np.float64]
    n_used: NDArray[np.int64]
    perplexity: NDArray[np.float64]


def measure(codec: Codec, clips: Sequence[Samples]) -> CodecReport:
    """Encode and decode clips; each counts by its duration."""
    distance = LogMelDistance()
    layers = range(1, codec.n_layers + 1)
    counts = np.zeros((codec.n_layers, codec.codebook_size), dtype=np.int64)
    total = np.zeros(codec.n_layers)
    for clip in tqdm(clips, desc="measure", unit="clip"):
        level = codec.config.get("input_peak") or float(np.abs(clip).max())
        wave = clip * (level / float(np.abs(clip).max()))
        codes = codec.encode(clip)
        for layer in layers:
            counts[layer - 1] += np.bincount(codes[layer - 1], minlength=codec.codebook_size)
            decoded = codec.decode(codes, range(1, layer + 1))[: len(wave)]
            pair = [torch.from_numpy(np.ascontiguousarray(w))[None] for w in (decoded, wave)]
            total[layer - 1] += distance(*pair).item() * len(wave)
    share = counts / counts.sum(axis=1, keepdims=True)
    entropy = -np.sum(share * np.log(np.maximum(share, 1e-12)), axis=1)
    n_samples = sum(map(len, clips))
    return CodecReport(
        len(clips), n_samples / 16_000, total / n_samples, (counts > 0).sum(axis=1), np.exp(entropy)
    )


def _taught(teachers: Sequence[str]) -> str:
    if not teachers:
        return (
            "No teacher pulled on its layers, so the first is not a semantic one as in the paper."
        )
    layers = ", ".join(f"layer {n} {name}" for n, name in enumerate(teachers, start=1))
    return (
        f"Teachers computed from the sound itself (`train/teachers.py`) taught {layers}; the other "
        "layers carry what is left. `lesson.safetensors` says what the taught latents mean, so "
        "that codes can be made relative to a reference clip (`audiotok/reference.py`)."
    )


def write_card(config: Any, report: CodecReport, n_training_clips: int, hours: float) -> str:
    """Write the card as Markdown with hub metadata."""
    rows = "\n".join(
        f"| {layer} | {used} | {perplexity:.0f} | {log_mel:.3f} |"
        for layer, (used, perplexity, log_mel) in enumerate(
            zip(report.n_used, report.perplexity, report.log_mel, strict=True), start=1
        )
    )
    model = config.model
    corpora = ", ".join(corpus.reader for corpus in config.corpora)
    return f"""---
license: cc-by-nc-sa-4.0
tags: [speech, codec, speech-tokenizer]
---

# audiotok: codec

A small SpeechTokenizer (Zhang et al., ICLR 2024): 16 kHz mono, 50 frames a second, {model["n_q"]}
layers of {model["codebook_size"]} codes, {model["n_filters"]} filters, {model["dimension"]}
dimensions, {model["activation"]} activation. {_taught(config.teachers)} Every clip is scaled to a
peak of {model.get("input_peak")} before it is encoded, so level does not matter.

Trained with `python -m train codec train/configs/codec.yaml` on {n_training_clips} clips
({hours:.1f} hours) of {corpora}, training speakers only: {config.steps} steps of
{config.batch_size} segments of {config.segment_s} s. {config.note}

## Speakers that it never heard

{report.n_clips} clips, {report.seconds / 60:.0f} minutes. Log-mel is the mean absolute difference
of natural-log mel spectrograms at three window lengths, decoded from layer 1 up to this one.

| layer | codes in use | perplexity | log-mel L1 up to here |
|---|---|---|---|
{rows}

## Licence

CC BY-NC-SA 4.0, with attribution to RAVDESS (Livingstone & Russo 2018, CC BY-NC-SA 4.0), nEMO
(Christop 2024, CC BY-NC-SA 4.0) and LibriSpeech (Panayotov et al. 2015, CC BY 4.0).
"""
