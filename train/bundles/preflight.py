"""Checks of configuration and environment that run before the first stage."""

from __future__ import annotations

from collections.abc import Iterable

from audiotok.bundle import is_bundle
from audiotok.errors import DataError
from audiotok.whisper_files import packaged_whisper
from train.bundles.task_data import TaskData
from train.execution.folders import check_output, check_writable
from train.method.backbone_outline import check_adapters, check_weights

NEEDS_BACKBONE = ("pretrain", "finetune", "evaluate", "ship")
NEEDS_ENCODER = ("encoder-probe", "evaluate", "ship")
NEEDS_OUT = ("evaluate", "ship")


def check(data: TaskData, last_stage: str) -> None:
    """Check the requirements of the stages up to ``last_stage``.

    Raises
    ------
    AudiotokError
        When a folder is not ours or cannot be written, the speech encoder is missing, or backbone,
        adapters or layers do not fit.
    """
    config = data.config
    check_writable(config.work, "work")
    check_layers(config.selection.layers, data.codec.n_layers)
    if config.encoder_probe and last_stage in NEEDS_ENCODER:
        packaged_whisper()
    if last_stage in NEEDS_OUT:
        check_output(config.out, "bundle", is_bundle)
    if last_stage in NEEDS_BACKBONE:
        check_weights(config.backbone)
        check_adapters(config.backbone, len(config.labels), config.finetune)


def check_layers(layers: Iterable[int], n_layers: int) -> None:
    """Raise DataError where a configured layer is above the codec's number of layers."""
    wrong = [layer for layer in layers if not 1 <= layer <= n_layers]
    if wrong:
        raise DataError(
            f"'selection.layers' asks for layer {wrong[0]}, but the codec has layers 1 to "
            f"{n_layers}; correct the config."
        )
