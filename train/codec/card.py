"""Write a codec's card: what it is, what it learned from, how good it is."""

from __future__ import annotations

from collections.abc import Sequence

from train.codec.report import CodecReport, report_tables
from train.codec.settings import CodecConfig
from train.corpora import licences


def _taught(teachers: Sequence[str]) -> str:
    if not teachers:
        return (
            "No teacher pulled on its layers, so the first is not a semantic one as in the paper."
        )
    layers = ", ".join(f"layer {n} {name}" for n, name in enumerate(teachers, start=1))
    return (
        f"Teachers computed from the sound itself (`train/codec/teachers.py`) taught {layers}; the "
        "other layers carry what is left. `taught.safetensors` says what the taught latents mean, "
        "so that codes can be made relative to a reference clip "
        "(`audiotok/acoustics/taught_dimensions.py`)."
    )


def _noise_robust(config: CodecConfig) -> str:
    if (settings := config.noise_robust_training) is None:
        return ""
    return (
        f"Then its encoder alone learned for {settings.steps} steps of {settings.batch_size} "
        f"segments of {settings.segment_s} s to say of a voice behind rooms, noise, lines and "
        "other colours what it had said of the clean one (`train/codec/noise_robustness.py`). "
    )


def write_card(
    config: CodecConfig, report: CodecReport, n_training_clips: int, hours: float
) -> str:
    """Write the card as Markdown with hub metadata."""
    model = config.model
    corpora = ", ".join(corpus.reader for corpus in config.corpora)
    return f"""---
{licences.metadata(config.corpora)}
tags: [speech, codec, speech-tokenizer]
---

# audiotok: codec

A small SpeechTokenizer (Zhang et al., ICLR 2024): 16 kHz mono, 50 frames a second, {model["n_q"]}
layers of {model["codebook_size"]} codes, {model["n_filters"]} filters, {model["dimension"]}
dimensions, {model["activation"]} activation. {_taught(config.teachers)} Every clip is scaled to a
peak of {model.get("input_peak")} before it is encoded, so level does not matter.

Trained with `python -m train codec` on {n_training_clips} clips
({hours:.1f} hours) of {corpora}, training speakers only: {config.steps} steps of
{config.batch_size} segments of {config.segment_s} s. {_noise_robust(config)}{config.note}

## Speakers that it never heard

Each figure is a mean over clips. Log-mel L1 is the mean absolute difference of natural-log mel
spectrograms at three window lengths; STOI says how intelligible speech is (0 to 1), PESQ, wideband,
how good it sounds (1 to 4.6). `python -m train codec-report` prints these tables.

{report_tables({"": report})}

## Licence

{licences.licence_text(config.corpora)}
"""
