"""Model card of a codec: architecture, training data, quality."""

from __future__ import annotations

from pathlib import Path

from train.codec.report import CodecReport, report_tables
from train.codec.settings import CodecConfig
from train.corpora import licences
from train.evaluation.hub_card import fill_in

TEMPLATE = Path(__file__).with_suffix(".md.jinja")


def write_card(
    config: CodecConfig, report: CodecReport, n_training_clips: int, hours: float
) -> str:
    """Return the card as Markdown with hub metadata."""
    return fill_in(
        TEMPLATE,
        licences.metadata(config.corpora) | {"tags": ["speech", "codec", "speech-tokenizer"]},
        config=config,
        n_training_clips=n_training_clips,
        hours=hours,
        tables=report_tables({"": report}),
        licence=licences.licence_text(config.corpora),
    )
