"""From logits to calibrated probabilities, as the config of a bundle says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from audiotok.bundle import Bundle, BundleConfig, Twin
from audiotok.calibration import Calibration, calibrated, evidence_beside_voice, summands_of
from audiotok.errors import BundleError
from audiotok.prediction import Summands
from audiotok.utterance import UtteranceEncoding

Array = NDArray[np.float64]


def judged(config: BundleConfig, logits: Mapping[str, Array], twin: Twin) -> Array:
    """Return a twin's calibrated probabilities, shape ``(n_seeds, n_utterances, n_labels)``.

    Parameters
    ----------
    logits : of the twins, of the shape of the result, and of the linear readers beside them
        (``calibration.LINEAR_READERS``), shape ``(n_utterances, n_labels)``.
    """
    evidence = _evidence(config, logits) if twin == "text_audio" else {}
    calibration = config.calibration.get(twin, Calibration())
    return calibrated(logits[twin], calibration, evidence, multi_label=config.multi_label)


def first_summands(config: BundleConfig, logits: Mapping[str, Array]) -> Summands:
    """Return what the text+audio logits of the first utterance are sums of."""
    calibration = config.calibration.get("text_audio", Calibration())
    terms = summands_of(logits, calibration, _evidence(config, logits))
    return Summands({name: term[:, 0] for name, term in terms.items()}, config.multi_label)


def judged_linearly(bundle: Bundle, variants: Sequence[UtteranceEncoding]) -> dict[str, Array]:
    """Return an utterance's logits, shape ``(n_labels,)``, by each linear reader of a bundle.

    Parameters
    ----------
    variants : encodings of the utterance's variants, whose logits are averaged.

    Raises
    ------
    BundleError
        When the bundle has a probe and the utterance was not probed.
    """
    found = {}
    if bag := bundle.bag_of_tokens:
        found["bag_of_tokens"] = bag.judge([each.codes for each in variants], variants[0].plain)
    if probe := bundle.encoder_probe:
        frames = [each.frame_logits for each in variants if each.frame_logits is not None]
        if len(frames) != len(variants):
            raise BundleError("This clip was not heard by the bundle's speech encoder.")
        found["encoder_probe"] = probe.judge(frames)
    return found


def _evidence(config: BundleConfig, logits: Mapping[str, Array]) -> dict[str, Array]:
    return evidence_beside_voice(
        logits,
        config.calibration.get("text_only", Calibration()),
        config.rule("text_only"),
        multi_label=config.multi_label,
    )
